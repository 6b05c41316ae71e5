import { useSignal } from "@preact/signals";
import type { Finding } from "../api/types";
import { duration } from "../tables/number";
import { Icon, type IconName } from "../ui/Icon";

const words: Record<Finding["severity"], { word: string; icon: IconName }> = {
  problem: { word: "Problem", icon: "problem" },
  warning: { word: "Warning", icon: "warning" },
  info: { word: "Note", icon: "info" },
};

interface FindingsProps {
  findings: Finding[];
  /** onShow leads to the rows that a finding speaks of; absent where there is no table. */
  onShow?: (finding: Finding) => void;
}

/** Findings are sentences about the data, the most serious first. */
export function Findings({ findings, onShow }: FindingsProps) {
  const all = useSignal(false);
  const shown = all.value ? findings : firstOf(findings);
  const rest = findings.length - shown.length;
  if (findings.length === 0) return null;
  return (
    <div>
      <ul class="findings">{shown.map((f, i) => <FindingItem key={i} finding={f} onShow={onShow} />)}</ul>
      {rest > 0 && <button type="button" class="link more" onClick={() => (all.value = true)}>{`${rest} more notes`}</button>}
    </div>
  );
}

const firstNotes = 3;

/** firstOf keeps what must be read, and of the notes the first few; one hidden note is not worth a click. */
export function firstOf(findings: Finding[]): Finding[] {
  const notes = findings.filter((f) => f.severity === "info");
  if (notes.length <= firstNotes + 1) return findings;
  const hidden = new Set(notes.slice(firstNotes));
  return findings.filter((f) => !hidden.has(f));
}

function FindingItem({ finding, onShow }: { finding: Finding; onShow?: (finding: Finding) => void }) {
  const { word, icon } = words[finding.severity] ?? words.info;
  return (
    <li class={`finding ${finding.severity}`}>
      <span class="severity"><Icon name={icon} />{word}</span>
      <div>
        {finding.text}
        {!!finding.stakeNs && finding.severity !== "info" && <span class="quiet"> {duration(finding.stakeNs)} at stake.</span>}
        {finding.remedy && <div class="remedy">Remedy: {finding.remedy}</div>}
        {finding.table && onShow && (
          <>{" "}<button type="button" class="link" onClick={() => onShow(finding)}>{rowsOf(finding)}</button></>
        )}
      </div>
    </li>
  );
}

function rowsOf(finding: Finding): string {
  const n = finding.values?.length ?? 0;
  if (n === 0) return "Show the table";
  return n === 1 ? "Show the row" : `Show the ${n} rows`;
}
