import { useId } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { Chart } from "../api/types";
import { Button } from "../ui/Button";
import { ChartView } from "./ChartView";

/** ChartGroup shows charts of one group one at a time, behind a picker. */
export function ChartGroup({ charts, resultKey }: { charts: Chart[]; resultKey: string }) {
  const at = useSignal(0);
  const id = useId();
  const index = Math.min(at.value, charts.length - 1);
  const chart = charts[index];
  if (chart === undefined) return null;
  return (
    <div class="chart-group">
      <div class="chart-picker">
        <label for={id}>{chart.group}</label>
        <select id={id} value={String(index)} onChange={(e) => (at.value = Number(e.currentTarget.value))}>
          {charts.map((c, i) => <option key={c.name} value={String(i)}>{c.title}</option>)}
        </select>
        <Button label="Previous chart" icon="left" disabled={index === 0} onClick={() => (at.value = index - 1)} />
        <Button label="Next chart" icon="right" disabled={index === charts.length - 1} onClick={() => (at.value = index + 1)} />
        <span class="quiet">{index + 1} of {charts.length}</span>
      </div>
      <ChartView key={chart.name} chart={chart} resultKey={resultKey} title={false} />
    </div>
  );
}
