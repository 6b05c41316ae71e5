import type { Chart, Series } from "../api/types";
import { quantity, significant, withUnit } from "../tables/number";
import { scaleOne } from "../tables/units";
import { axisBelow, axisBeside, valueAxis, type Option } from "./axes";
import { barExtent, domainOf } from "./domain";
import { colorOf } from "./palette";
import type { Drawing } from "./option";
import { legendOf, zoom } from "./points";
import type { Theme } from "./theme";
import { measured, type Tip } from "./tip";

const barHeight = 22;
const twoLines = 27;

/** below is the room for the names and the title of the axis under lying bars, in px. */
const below = 52;

/** barOption draws bars from zero; lying ones carry their value at the end. */
export function barOption(chart: Chart, theme: Theme, width: number): Drawing {
  const list = chart.series ?? [];
  const names = chart.x.categories ?? list[0]?.y.map((_, i) => String(i)) ?? [];
  const lying = chart.horizontal === true;
  // Bars that stand beside their own name need no legend.
  const legend = list.length > 1 && !list.every((s) => names.includes(s.name));
  let turn = 0;
  const colors = list.map((s) => colorOf(s.color, s.color ? 0 : turn++, theme.dark));
  const named = { axis: chart.x, names, theme, width };
  const beside = axisBeside(named);
  const category = lying ? beside.option : axisBelow(named);
  const value = valueAxis({ axis: chart.y, domain: domainOf(chart.y, barExtent(chart), true), theme, vertical: !lying });
  const perName = chart.stacked ? 1 : Math.max(1, list.length);
  const labelled = lying && names.length <= 60 && names.every((_, i) => list.filter((s) => (s.y[i] ?? null) !== null).length <= 1);
  const labels = labelled ? barLabels(list.flatMap((s) => s.y), chart.y.unit) : null;
  const top = (legend ? 30 : 4) + (lying && !chart.x.label ? 0 : 24);
  return {
    height: lying ? Math.max(160, 84 + names.length * Math.max(beside.shown.some((n) => n.includes("\n")) ? twoLines : barHeight, 12 * perName)) : 340,
    option: {
      grid: lying ? { left: beside.room + 4, right: labels ? 84 : 20, top, bottom: below } : { left: 12, right: 20, top, bottom: 32, containLabel: true },
      legend: legend ? legendOf(list, theme) : undefined,
      xAxis: lying ? value : category,
      yAxis: lying ? category : value,
      dataZoom: zoom().slice(lying ? 1 : 0, lying ? 2 : 1),
      series: list.map((s, i) => oneBar(chart, s, colors[i]!, theme, labels)),
    },
    tip: (series, index) => barTip(chart, names, series, index, colors[series]),
  };
}

function oneBar(chart: Chart, s: Series, color: string, theme: Theme, labels: ((value: number | null) => string) | null): Option {
  if (s.kind === "line") {
    return { type: "line", name: s.name, data: s.y, color, lineStyle: { type: s.dashed ? "dashed" : "solid", width: 1.5 }, symbol: "none" };
  }
  return {
    type: "bar", name: s.name, data: s.y, color, barMaxWidth: 18, barCategoryGap: "25%",
    stack: chart.stacked ? "all" : undefined,
    label: labels
      ? { show: true, position: "right", color: theme.muted, fontSize: 11,
          formatter: (p: { dataIndex: number }) => labels(s.y[p.dataIndex] ?? null) }
      : undefined,
    emphasis: { itemStyle: { opacity: 0.8 } },
  };
}

/**
 * barLabels writes the values at the ends of bars: all with three digits where any
 * has a fraction, so that 1.90 ms stands beside 1.61 ms.
 */
export function barLabels(values: (number | null)[], unit = ""): (value: number | null) => string {
  const fractions = values.some((v) => v !== null && quantity(v, unit).includes("."));
  return (value) => {
    if (value === null) return "";
    const scale = scaleOne(unit, value);
    return fractions && value !== 0 ? withUnit(significant(value / scale.divisor, 3), scale.label) : quantity(value, unit);
  };
}

function barTip(chart: Chart, names: string[], series: number, index: number, color?: string): Tip | null {
  const s = chart.series?.[series];
  if (s === undefined) return null;
  const rows: [string, string][] = [[s.name || chart.y.label, measured(s.y[index] ?? null, chart.y.unit)]];
  const label = s.labels?.[index];
  return { head: names[index] ?? String(index), color, rows: label && label !== names[index] ? [...rows, ["", label]] : rows };
}
