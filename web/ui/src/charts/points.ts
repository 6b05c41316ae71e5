import type { Chart, Series } from "../api/types";
import { axisBelow, valueAxis, type Option } from "./axes";
import { domainOf, pointExtents } from "./domain";
import { colorOf, dashOf } from "./palette";
import type { Drawing } from "./option";
import type { Theme } from "./theme";
import { fold } from "../tables/fold";
import { Labels, nameStyle } from "./labels";
import { measured, type Tip } from "./tip";

type Point = [number | null, number | null];

/** pointsOption draws line and scatter charts, and the roofs of a roofline as lines among points. */
export function pointsOption(chart: Chart, theme: Theme, width: number): Drawing {
  const list = chart.series ?? [];
  const extents = pointExtents(chart);
  let turn = 0;
  const turns = list.map((s) => (s.color ? 0 : turn++));
  const inks = list.map((s, i): Ink => ({ color: colorOf(s.color, turns[i]!, theme.dark), dash: dashOf(s.dashed, turns[i]!) }));
  const legend = needsLegend(list);
  const domain = { x: domainOf(chart.x, extents.x, chart.kind !== "line"), y: domainOf(chart.y, extents.y, true) };
  const labels = chart.kind === "scatter" && list.some((s) => s.y.length > 0) ? labelsOf(chart, domain) : null;
  return {
    height: 380, labels: labels ?? undefined,
    option: {
      grid: { left: 12, right: 20, top: legend ? 64 : 36, bottom: 32, containLabel: true },
      legend: legend ? legendOf(list, theme) : undefined,
      xAxis: chart.x.categories
        ? axisBelow({ axis: chart.x, names: chart.x.categories, theme, width })
        : valueAxis({ axis: chart.x, domain: domain.x, theme, vertical: false }),
      yAxis: valueAxis({ axis: chart.y, domain: domain.y, theme, vertical: true }),
      dataZoom: zoom(),
      series: list.map((s, i) => oneSeries(chart, s, inks[i]!, theme, labels)),
    },
    tip: (series, index) => pointTip(chart, list[series], index, inks[series]?.color),
  };
}

const plainDiameter = 9;

/** labelsOf places names; a chart of points has none on lines of very many points. */
function labelsOf(chart: Chart, domain: { x: [number, number]; y: [number, number] }): Labels {
  const radius = (s: Series, i: number) => (s.sizes && s.sizes.length > 0 ? diameter(s.sizes[i] ?? 0) : plainDiameter) / 2;
  return new Labels(chart, domain, (s) => kindOf(chart, s) === "line", radius);
}

/** zoom: the wheel belongs to the page, so zooming takes Ctrl; dragging moves. */
export function zoom(): Option[] {
  const one = { type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseMove: true, moveOnMouseWheel: false, filterMode: "none" };
  return [{ ...one, xAxisIndex: 0 }, { ...one, yAxisIndex: 0 }];
}

/** legendOf lists the series of a chart in one line that scrolls. */
export function legendOf(list: Series[], theme: Theme): Option {
  return {
    type: "scroll", top: 0, left: 0, itemWidth: 14, itemHeight: 8, icon: "roundRect",
    data: list.filter((s) => s.color !== "roof").map((s) => s.name), textStyle: { color: theme.text, fontSize: 12 },
    pageIconColor: theme.muted, pageTextStyle: { color: theme.muted },
  };
}

/** needsLegend: one series needs no name beside it, and roofs carry theirs on the line. */
function needsLegend(list: Series[]): boolean {
  return list.filter((s) => s.color !== "roof").length > 1;
}

function kindOf(chart: Chart, s: Series): string {
  return s.kind || chart.kind;
}

/** Ink is how a series is told from others. */
interface Ink { color: string; dash: "solid" | "dashed" | number[] }

function oneSeries(chart: Chart, s: Series, ink: Ink, theme: Theme, labels: Labels | null): Option {
  const data = pointsOf(chart, s);
  if (kindOf(chart, s) === "line") return lineSeries(s, data, ink, theme, labels);
  const named = labels?.named === true && s.labels !== undefined;
  return {
    type: "scatter", name: s.name, color: ink.color, large: data.length > 5000,
    data: named ? data.map((value, i) => ({ value, label: nameStyle(fold(s.labels![i] ?? "", 36), theme, false) })) : data,
    symbolSize: s.sizes && s.sizes.length > 0 ? (_: Point, p: { dataIndex: number }) => diameter(s.sizes![p.dataIndex] ?? 0) : plainDiameter,
    itemStyle: { opacity: 0.85, borderColor: theme.ground, borderWidth: 1 },
    emphasis: { itemStyle: { borderColor: theme.text, borderWidth: 1.5, opacity: 1 } },
    ...(named ? { labelLayout: labels.at } : {}),
  };
}

function lineSeries(s: Series, data: Point[], { color, dash }: Ink, theme: Theme, labels: Labels | null): Option {
  const named = labels !== null && s.name !== "" && data.length > 0;
  const last = data.length - 1;
  return {
    type: "line", name: s.name, color, connectNulls: false, sampling: data.length > 4000 ? "lttb" : undefined,
    data: named ? data.map((value, i) => (i === last ? { value, label: nameStyle(s.name, theme, true) } : value)) : data,
    showSymbol: data.length <= 40, symbolSize: s.color === "roof" ? 0.1 : 5, symbol: "circle",
    lineStyle: { width: s.color === "roof" || s.color === "chance" ? 1.25 : 1.75, type: dash },
    z: s.color === "roof" ? 1 : 2,
    ...(named ? { labelLayout: labels.at } : {}),
  };
}

function pointsOf(chart: Chart, s: Series): Point[] {
  const positive = (v: number | null, log?: boolean) => (v !== null && log && v <= 0 ? null : v);
  return s.y.map((y, i) => [positive(s.x && s.x.length > 0 ? s.x[i] ?? null : i, chart.x.log), positive(y, chart.y.log)]);
}

/** diameter makes a point's area, not its width, follow the size. */
export function diameter(size: number): number {
  return 6 + 26 * Math.sqrt(Math.max(0, Math.min(1, size)));
}

function pointTip(chart: Chart, s: Series | undefined, index: number, color?: string): Tip | null {
  if (s === undefined) return null;
  const x = s.x && s.x.length > 0 ? s.x[index] ?? null : index;
  const label = s.labels?.[index];
  const category = chart.x.categories?.[x ?? -1];
  const rows: [string, string][] = [
    [chart.x.label, category ?? measured(x, chart.x.unit)],
    [chart.y.label, measured(s.y[index] ?? null, chart.y.unit)],
  ];
  return { head: label || s.name, color, rows: label && label !== s.name ? [["series", s.name], ...rows] : rows };
}

/** numbersOf drops the missing. */
export function numbersOf(values: (number | null)[]): number[] {
  return values.filter((v): v is number => v !== null);
}
