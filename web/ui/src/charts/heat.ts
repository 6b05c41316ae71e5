import type { Chart, Heat } from "../api/types";
import { quantity } from "../tables/number";
import { axisBelow, axisBeside, least, most, type Option } from "./axes";
import type { Drawing } from "./option";
import { domainOf, extentOf, type Extent } from "./domain";
import { diverging, mix, viridis } from "./palette";
import { numbersOf } from "./points";
import type { Theme } from "./theme";
import { measured } from "./tip";

/** heatOption draws a matrix; a cell without a value stays empty. */
export function heatOption(chart: Chart, theme: Theme, room: number): Drawing {
  const heat = chart.heat ?? { values: [], label: "" };
  const rows = heat.values.length;
  const width = most([0, ...heat.values.map((r) => r.length)]);
  const xs = chart.x.categories ?? numbered(width);
  const ys = chart.y.categories ?? numbered(rows);
  const cells = cellsOf(heat);
  return {
    height: Math.round(Math.min(560, Math.max(180, 96 + rows * (rows > 24 ? 12 : 22)))),
    option: {
      grid: { left: 12, right: 116, top: 32, bottom: 32, containLabel: true },
      xAxis: { ...axisBelow({ axis: chart.x, names: xs, theme, width: room }), splitArea: { show: false } },
      yAxis: axisBeside({ axis: chart.y, names: ys, theme, width: room }).option,
      visualMap: scaleBar(heat, theme),
      dataZoom: [],
      series: [{
        type: "heatmap", data: cells, progressive: 0,
        itemStyle: width * rows <= 4096 ? { borderColor: theme.ground, borderWidth: 1 } : {},
        emphasis: { itemStyle: { color: "inherit", borderColor: theme.text, borderWidth: 1.5 } },
      }],
    },
    tip: (_, index) => {
      const cell = cells[index];
      if (cell === undefined) return null;
      const [x, y] = cell;
      return {
        head: `${chart.y.label} ${ys[y] ?? y}, ${chart.x.label} ${xs[x] ?? x}`,
        rows: [[heat.label, measured(heat.values[y]?.[x] ?? null, heat.unit)]],
      };
    },
  };
}

function numbered(n: number): string[] {
  return Array.from({ length: n }, (_, i) => String(i));
}

/** cellsOf lists [x, y, shade] for every cell that has a value to color. */
function cellsOf(heat: Heat): [number, number, number][] {
  const cells: [number, number, number][] = [];
  heat.values.forEach((row, y) => row.forEach((v, x) => {
    if (v === null || (heat.log && v <= 0)) return;
    cells.push([x, y, heat.log ? Math.log10(v) : v]);
  }));
  return cells;
}

function scaleBar(heat: Heat, theme: Theme): Option {
  const { low, high, colors } = heatScale(heat);
  const label = (shade: number) => quantity(heat.log ? 10 ** shade : shade, heat.unit);
  return {
    type: "continuous", min: low, max: high, calculable: true, right: 0, align: "left", top: "middle", itemHeight: 140, itemWidth: 12, precision: 6,
    inRange: { color: colors },
    text: [heat.log ? `${heat.label}, log` : heat.label, middleOf(heat)], textStyle: { color: theme.muted, fontSize: 11, width: 90, overflow: "break" },
    formatter: label, dimension: 2,
  };
}

/** middleOf names the value that a diverging scale leaves pale. */
export function middleOf(heat: Heat): string {
  return heat.diverging ? `pale: ${quantity(heat.middle ?? 0, heat.unit)}` : "";
}

/** HeatScale is a color bar: its ends (decimal logarithms on a log scale) and its colors in even steps. */
export interface HeatScale { low: number; high: number; colors: string[] }

/** steps is how many colors ECharts mixes the others of. */
const steps = 65;

/**
 * heatScale is the color bar that reports draw, see workbench/render/heat.go. It ends
 * at the least and the largest value; a diverging one has its neutral color at the
 * middle and both sides equally strong, whatever the values reach.
 */
export function heatScale(heat: Heat, count = steps): HeatScale {
  const shade = (v: number) => (heat.log ? Math.log10(v) : v);
  const values = heat.values.flatMap((row) => numbersOf(row)).filter((v) => !heat.log || v > 0);
  const seen: [number, number] | null = values.length === 0 ? null : [shade(least(values)), shade(most(values))];
  const whole = seen === null ? null : heat.diverging ? twoSided(heat, seen) : seen;
  const [from, to] = whole !== null && whole[1] > whole[0] ? whole : alone(heat, extentOf(values));
  const [low, high] = seen !== null && seen[1] > seen[0] ? seen : [from, to];
  const colors = Array.from({ length: count }, (_, i) => {
    const v = low + ((high - low) * i) / (count - 1);
    return mix(heat.diverging ? diverging : viridis, (v - from) / (to - from));
  });
  return { low, high, colors };
}

function twoSided(heat: Heat, [low, high]: [number, number]): [number, number] {
  const middle = heat.middle ?? 0;
  if (heat.log && middle <= 0) return [low, high];
  const at = heat.log ? Math.log10(middle) : middle;
  const reach = Math.max(high - at, at - low);
  return [at - reach, at + reach];
}

/** alone is the domain of one value, or of none. */
function alone(heat: Heat, extent: Extent): [number, number] {
  const [low, high] = domainOf({ label: heat.label, log: heat.log }, extent, false);
  return heat.log ? [Math.log10(low), Math.log10(high)] : [low, high];
}
