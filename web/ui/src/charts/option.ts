// From a chart's specification to what ECharts draws. Pure: the same
// specification and theme give the same option.

import type { Chart } from "../api/types";
import { barOption } from "./bar";
import { heatOption } from "./heat";
import { pieOption } from "./pie";
import { pointsOption } from "./points";
import type { Option } from "./axes";
import type { Labels } from "./labels";
import type { Theme } from "./theme";
import { tipElement, type Tip } from "./tip";

/** Drawing is a chart made ready: its option, its height in pixels and what its points say. */
export interface Drawing {
  option: Option;
  height: number;
  /** labels are the names in the picture, to be told where values lie once it is drawn. */
  labels?: Labels;
  tip: (series: number, index: number) => Tip | null;
}

/** usualWidth is the width in px of a picture in a cell of the page. */
const usualWidth = 1000;

/** draw makes a chart ready for a picture of a width in px. */
export function draw(chart: Chart, theme: Theme, width = usualWidth): Drawing {
  const drawing = drawKind(chart, theme, width);
  const tooltip = {
    trigger: "item", confine: true, transitionDuration: 0, enterable: true, appendTo: "body",
    backgroundColor: theme.ground, borderColor: theme.line, borderWidth: 1, padding: 0, extraCssText: "box-shadow:none",
    formatter: (p: { seriesIndex: number; dataIndex: number }) => {
      const tip = drawing.tip(p.seriesIndex, p.dataIndex);
      return tip === null ? "" : tipElement(tip);
    },
  };
  const common = {
    animation: false, backgroundColor: "transparent", tooltip, aria: { enabled: true, label: { description: summary(chart) } },
    textStyle: { fontFamily: theme.font, color: theme.text },
  };
  return { ...drawing, option: { ...common, ...drawing.option } };
}

function drawKind(chart: Chart, theme: Theme, width: number): Drawing {
  switch (chart.kind) {
    case "heatmap":
      return heatOption(chart, theme, width);
    case "pie":
      return pieOption(chart, theme);
    case "bar":
      return barOption(chart, theme, width);
    case "line":
    case "scatter":
      return pointsOption(chart, theme, width);
  }
}

/** followsWidth reports a chart with names on an axis, whose folding depends on the picture's width. */
export function followsWidth(chart: Chart): boolean {
  return chart.kind === "heatmap" || chart.kind === "bar" || chart.x.categories !== undefined;
}

/** summary says a chart in one sentence, for those who cannot see it. */
export function summary(chart: Chart): string {
  const parts = (chart.series ?? []).map((s) => `${s.name} (${s.y.length} points)`);
  const what = chart.heat ? `${chart.heat.values.length} rows of ${chart.heat.label}` : parts.slice(0, 8).join(", ");
  return `${chart.title}. ${chart.kind} chart of ${chart.y.label || chart.heat?.label || ""} by ${chart.x.label}: ${what}.`;
}

/** empty reports a chart without a single value to draw. */
export function empty(chart: Chart): boolean {
  if (chart.heat) return chart.heat.values.every((row) => row.every((v) => v === null));
  return (chart.series ?? []).every((s) => s.y.every((v) => v === null));
}
