import { useEffect } from "preact/hooks";
import { captureAt, entries, followCaptures, loadCaptures } from "../state/captures";
import { captureAddress, goCapture } from "../state/route";
import { count } from "../tables/number";
import { Icon } from "../ui/Icon";
import { ended } from "./words";

/** CapturesLink leads from the side panel to the captures, and says how many run. */
export function CapturesLink() {
  useEffect(() => {
    void loadCaptures();
    return followCaptures();
  }, []);
  const list = entries.value ?? [];
  const running = list.filter((e) => !ended(e.state)).length;
  return (
    <section class="captures-link">
      <h2>Captures</h2>
      <ul class="folder-list">
        <li>
          <a href={captureAddress("")} aria-current={captureAt.value === "" ? "page" : undefined}
            onClick={(e) => { if (e.ctrlKey || e.metaKey || e.shiftKey) return; e.preventDefault(); goCapture(""); }}>
            <Icon name="record" />
            <span class="entry-name">Make a capture</span>
            <span class={running > 0 ? "quiet running" : "quiet"}>{running > 0 ? `${running} running` : count(list.length, "capture")}</span>
          </a>
        </li>
      </ul>
    </section>
  );
}
