import type { Chart, Heat } from "../api/types";
import { quantity } from "../tables/number";
import { categoryAxis, least, most, type Option } from "./axes";
import type { Drawing } from "./option";
import { diverging, viridis } from "./palette";
import { numbersOf } from "./points";
import type { Theme } from "./theme";
import { measured } from "./tip";

/** heatOption draws a matrix; a cell without a value stays empty. */
export function heatOption(chart: Chart, theme: Theme): Drawing {
  const heat = chart.heat ?? { values: [], label: "" };
  const rows = heat.values.length;
  const width = most([0, ...heat.values.map((r) => r.length)]);
  const xs = chart.x.categories ?? numbered(width);
  const ys = chart.y.categories ?? numbered(rows);
  const cells = cellsOf(heat);
  return {
    height: Math.round(Math.min(560, Math.max(180, 96 + rows * (rows > 24 ? 12 : 22)))),
    option: {
      grid: { left: 12, right: 96, top: 32, bottom: 32, containLabel: true },
      xAxis: { ...categoryAxis(chart.x, xs, theme, false), splitArea: { show: false } },
      yAxis: categoryAxis(chart.y, ys, theme, true),
      visualMap: scaleBar(heat, theme),
      dataZoom: [],
      series: [{
        type: "heatmap", data: cells, progressive: 4000,
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
  const { low, high } = rangeOf(heat);
  const label = (shade: number) => quantity(heat.log ? 10 ** shade : shade, heat.unit);
  return {
    type: "continuous", min: low, max: high, calculable: true, right: 0, top: "middle", itemHeight: 140, itemWidth: 12,
    inRange: { color: heat.diverging ? diverging(theme.dark) : [...viridis] },
    text: [heat.log ? `${heat.label}, log` : heat.label, ""], textStyle: { color: theme.muted, fontSize: 11, width: 90, overflow: "break" },
    formatter: label, dimension: 2,
  };
}

/** rangeOf is the domain of the colors; a diverging one reaches equally far to both sides of its middle. */
export function rangeOf(heat: Heat): { low: number; high: number } {
  const values = heat.values.flatMap((row) => numbersOf(row)).filter((v) => !heat.log || v > 0);
  if (values.length === 0) return { low: 0, high: 1 };
  const shade = (v: number) => (heat.log ? Math.log10(v) : v);
  let low = shade(least(values));
  let high = shade(most(values));
  if (heat.diverging) {
    const middle = heat.log && (heat.middle ?? 0) > 0 ? Math.log10(heat.middle!) : heat.middle ?? 0;
    const reach = Math.max(Math.abs(high - middle), Math.abs(low - middle)) || 1;
    low = middle - reach;
    high = middle + reach;
  }
  return low === high ? { low: low - 0.5, high: high + 0.5 } : { low, high };
}
