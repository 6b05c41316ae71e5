import type { Check } from "../api/captures";
import { checking, checks } from "../state/captures";
import { Icon, type IconName } from "../ui/Icon";
import { worst } from "./words";

const words: Record<Check["status"], { word: string; icon: IconName; tone: string }> = {
  failed: { word: "Missing", icon: "problem", tone: "problem" },
  warning: { word: "Warning", icon: "warning", tone: "warning" },
  unknown: { word: "Unknown", icon: "info", tone: "info" },
  ok: { word: "Ready", icon: "info", tone: "ready" },
};

/** Checks is what this machine has of what the plan needs. */
export function Checks() {
  const found = checks.value;
  return (
    <section class="checks" aria-label="This machine" aria-busy={checking.value}>
      <h3>This machine</h3>
      {checking.value && <p class="quiet" role="status">Looking whether what the plan needs is there</p>}
      {found && found.length === 0 && <p class="quiet">The plan needs nothing that could be missing.</p>}
      {found && (
        <ul class="findings">
          {worst(found).map((c) => (
            <li key={c.name} class={`finding ${words[c.status].tone}`}>
              <span class="severity"><Icon name={words[c.status].icon} />{words[c.status].word}</span>
              <div>{c.said}{c.remedy && <div class="remedy">Remedy: {c.remedy}</div>}</div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
