import type { Chart, Series } from "../api/types";
import { quantity } from "../tables/number";
import { categoryAxis, tickLines, valueAxis, type Option } from "./axes";
import { barExtent, domainOf } from "./domain";
import { colorOf } from "./palette";
import type { Drawing } from "./option";
import { legendOf, zoom } from "./points";
import type { Theme } from "./theme";
import { measured, type Tip } from "./tip";

const barHeight = 22;
const twoLines = 27;

/** barOption draws bars from zero; lying ones carry their value at the end. */
export function barOption(chart: Chart, theme: Theme): Drawing {
  const list = chart.series ?? [];
  const names = chart.x.categories ?? list[0]?.y.map((_, i) => String(i)) ?? [];
  const lying = chart.horizontal === true;
  // Bars that stand beside their own name need no legend.
  const legend = list.length > 1 && !list.every((s) => names.includes(s.name));
  let turn = 0;
  const colors = list.map((s) => colorOf(s.color, s.color ? 0 : turn++, theme.dark));
  const category = categoryAxis(chart.x, names, theme, lying);
  const value = valueAxis({ axis: chart.y, domain: domainOf(chart.y, barExtent(chart), true), theme, vertical: !lying });
  const perName = chart.stacked ? 1 : Math.max(1, list.length);
  const labels = lying && names.length <= 60 && names.every((_, i) => list.filter((s) => (s.y[i] ?? null) !== null).length <= 1);
  return {
    height: lying ? Math.max(160, 84 + names.length * Math.max(names.some((n) => tickLines(n).includes("\n")) ? twoLines : barHeight, 12 * perName)) : 340,
    option: {
      grid: { left: lying ? 24 : 12, right: labels ? 84 : 20, top: (legend ? 30 : 4) + (lying && !chart.x.label ? 0 : 24), bottom: 32, containLabel: true },
      legend: legend ? legendOf(list, theme) : undefined,
      xAxis: lying ? value : category,
      yAxis: lying ? category : value,
      dataZoom: zoom().slice(lying ? 1 : 0, lying ? 2 : 1),
      series: list.map((s, i) => oneBar(chart, s, colors[i]!, theme, labels)),
    },
    tip: (series, index) => barTip(chart, names, series, index, colors[series]),
  };
}

function oneBar(chart: Chart, s: Series, color: string, theme: Theme, labels: boolean): Option {
  if (s.kind === "line") {
    return { type: "line", name: s.name, data: s.y, color, lineStyle: { type: s.dashed ? "dashed" : "solid", width: 1.5 }, symbol: "none" };
  }
  return {
    type: "bar", name: s.name, data: s.y, color, barMaxWidth: 18, barCategoryGap: "25%",
    stack: chart.stacked ? "all" : undefined,
    label: labels
      ? { show: true, position: "right", color: theme.muted, fontSize: 11,
          formatter: (p: { dataIndex: number }) => labelOf(s.y[p.dataIndex] ?? null, chart.y.unit) }
      : undefined,
    emphasis: { itemStyle: { opacity: 0.8 } },
  };
}

function labelOf(value: number | null, unit?: string): string {
  return value === null ? "" : quantity(value, unit);
}

function barTip(chart: Chart, names: string[], series: number, index: number, color?: string): Tip | null {
  const s = chart.series?.[series];
  if (s === undefined) return null;
  const rows: [string, string][] = [[s.name || chart.y.label, measured(s.y[index] ?? null, chart.y.unit)]];
  const label = s.labels?.[index];
  return { head: names[index] ?? String(index), color, rows: label && label !== names[index] ? [...rows, ["", label]] : rows };
}
