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
  if (findings.length === 0) return null;
  return <ul class="findings">{findings.map((f, i) => <FindingItem key={i} finding={f} onShow={onShow} />)}</ul>;
}

function FindingItem({ finding, onShow }: { finding: Finding; onShow?: (finding: Finding) => void }) {
  const { word, icon } = words[finding.severity] ?? words.info;
  return (
    <li class={`finding ${finding.severity}`}>
      <span class="severity"><Icon name={icon} />{word}</span>
      <div>
        {finding.text}
        {!!finding.stakeNs && <span class="quiet"> {duration(finding.stakeNs)} at stake.</span>}
        {finding.remedy && <div class="remedy">{finding.remedy}</div>}
        {finding.table && onShow && (
          <button type="button" class="link" onClick={() => onShow(finding)}>{rowsOf(finding)}</button>
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
