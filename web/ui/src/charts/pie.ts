import type { Chart } from "../api/types";
import { quantity, trimmed } from "../tables/number";
import { fold } from "../tables/fold";
import { colorOf, palette } from "./palette";
import type { Drawing } from "./option";
import type { Theme } from "./theme";
import { measured } from "./tip";

/** pieOption draws shares of a whole, each named beside its piece. */
export function pieOption(chart: Chart, theme: Theme): Drawing {
  const values = chart.series?.[0]?.y ?? [];
  const names = chart.x.categories ?? values.map((_, i) => String(i));
  const total = values.reduce<number>((sum, v) => sum + (v ?? 0), 0);
  const share = (i: number) => (total > 0 ? (100 * (values[i] ?? 0)) / total : 0);
  const data = values.map((value, i) => ({
    value, name: names[i] ?? String(i),
    itemStyle: { color: colorOf(palette[names[i] ?? ""] ? names[i] : undefined, i, theme.dark), borderColor: theme.ground, borderWidth: 1 },
  }));
  return {
    height: 320,
    option: {
      series: [{
        type: "pie", radius: ["38%", "68%"], data, startAngle: 90,
        label: {
          color: theme.text, fontSize: 12,
          formatter: (p: { dataIndex: number; name: string }) => `${fold(p.name, 40)}  ${trimmed(share(p.dataIndex), 3)}\u202f%`,
        },
        labelLine: { lineStyle: { color: theme.muted } },
      }],
    },
    tip: (_, i) => ({
      head: names[i] ?? String(i), color: data[i]?.itemStyle.color,
      rows: [[chart.y.label || "value", measured(values[i] ?? null, chart.y.unit)], ["share of the whole", quantity(share(i), "%")]],
    }),
  };
}
