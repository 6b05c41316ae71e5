import { useMemo } from "preact/hooks";
import type { Bundle, Finding } from "../api/types";
import { closer } from "../capture/closer";
import { ChartGroup } from "../charts/ChartGroup";
import { groupsOf } from "../charts/groups";
import { ChartView } from "../charts/ChartView";
import { Table, tableViews } from "../tables/Table";
import { Findings } from "./Findings";

/** Result is what an analysis found: sentences first, then pictures, then the numbers. */
export function Result({ bundle }: { bundle: Bundle }) {
  const views = useMemo(() => tableViews(bundle.key, bundle.tables ?? []), [bundle]);
  const groups = useMemo(() => groupsOf(bundle.charts ?? []), [bundle]);

  const showRows = (finding: Finding) => {
    const view = views.find((v) => v.preview.name === finding.table);
    if (view === undefined) return;
    const { column, values } = finding;
    view.pick(column && values && values.length > 0 ? { column, values } : undefined);
    view.element?.scrollIntoView({ block: "nearest" });
  };

  return (
    <div class="result">
      <Findings findings={bundle.findings ?? []} onShow={showRows} />
      {groups.map((charts) => charts.length > 1
        ? <ChartGroup key={charts[0]!.name} charts={charts} resultKey={bundle.key} />
        : <ChartView key={charts[0]!.name} chart={charts[0]!} resultKey={bundle.key} />)}
      {views.map((view) => <Table key={view.preview.name} view={view} onKernel={closer(bundle, view)} />)}
    </div>
  );
}
