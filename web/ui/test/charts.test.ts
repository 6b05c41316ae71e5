import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { Chart, Heat } from "../src/api/types";
import { axisTitle } from "../src/charts/axes";
import { barLabels } from "../src/charts/bar";
import { groupsOf } from "../src/charts/groups";
import { heatScale, middleOf } from "../src/charts/heat";
import { draw, empty, summary } from "../src/charts/option";
import { colorOf, cycle, dashOf, palette } from "../src/charts/palette";
import { diameter } from "../src/charts/points";
import { measured } from "../src/charts/tip";

const theme = { dark: false, text: "#111", muted: "#666", line: "#ddd", ground: "#fff", font: "sans-serif" };

interface Axis { type: string; name: string; data?: string[]; inverse?: boolean; min?: number; max?: number; scale?: boolean; axisLabel: { formatter: (v: number) => string } }
interface Series { type: string; name: string; data: unknown[]; color: string; connectNulls?: boolean; lineStyle?: { type: string }; stack?: string }
interface Named { value: [number, number]; label: { formatter: string } }
interface Option { xAxis: Axis; yAxis: Axis; series: Series[]; legend?: { data: string[] }; visualMap: { min: number; max: number; formatter: (v: number) => string } }

const optionOf = (chart: Chart) => draw(chart, theme).option as unknown as Option;

const roofline: Chart = {
  name: "roofline", title: "Roofline", kind: "scatter",
  x: { label: "intensity", unit: "FLOP/B", log: true }, y: { label: "rate", unit: "FLOP/s", log: true },
  series: [
    { name: "DRAM", kind: "line", x: [0.1, 20], y: [3.35e11, 67e12], color: "roof", dashed: true },
    { name: "fp32", x: [0.18, 256], y: [4.7e11, 5e12], labels: ["saxpy", "gemm_naive"], sizes: [1, 0.25] },
  ],
};

test("colors are those of workbench/result/palette.go", () => {
  const go = readFileSync(path.join(process.env["UI_ROOT"]!, "../../workbench/result/palette.go"), "utf8");
  const named = Object.fromEntries([...go.matchAll(/^\s+(\w+)\s+= "(#\w{6})"/gm)].map((m) => [m[1], m[2]]));
  const value = (text: string) => (text.startsWith('"') ? text.slice(1, -1) : named[text]);
  const body = /Palette = map\[string\]string\{([\s\S]*?)\n\}/.exec(go)![1]!;
  const fromGo = Object.fromEntries([...body.matchAll(/"(\w+)":\s*("#\w{6}"|\w+)/g)].map((m) => [m[1], value(m[2]!)]));
  assert.ok(Object.keys(fromGo).length >= 10);
  assert.deepEqual({ ...palette }, fromGo);
  const turn = /Cycle = \[\]string\{([^}]*)\}/.exec(go)![1]!.split(",").map((n) => value(n.trim()));
  assert.deepEqual([...cycle], turn);
});

interface GoScale { Min: number; Max: number; Log: boolean; Title: string; Categories: string[] | null }

test("axes have the ends and titles that reports draw", () => {
  const file = path.join(process.env["UI_ROOT"]!, "../../workbench/render/testdata/scales.json");
  const golden = JSON.parse(readFileSync(file, "utf8")) as Record<string, { Chart: Chart; X: GoScale; Y: GoScale }>;
  const near = (got: number | undefined, want: number, what: string) => assert.ok(Math.abs(got! - want) <= 1e-9 * Math.abs(want), `${what}: ${got}, reports have ${want}`);
  let compared = 0;
  for (const [name, { Chart: chart, X, Y }] of Object.entries(golden)) {
    if (chart.kind === "pie" || chart.kind === "heatmap") continue;
    const option = optionOf(chart);
    const lying = chart.kind === "bar" && chart.horizontal === true;
    const axes: [Axis, GoScale, string][] = [[lying ? option.yAxis : option.xAxis, X, "x"], [lying ? option.xAxis : option.yAxis, Y, "y"]];
    for (const [axis, scale, which] of axes) {
      compared++;
      assert.equal(axis.name, scale.Title, `${name} ${which}`);
      if (scale.Categories) {
        assert.deepEqual(axis.data, scale.Categories);
        continue;
      }
      assert.equal(axis.type === "log", scale.Log, `${name} ${which}`);
      near(axis.min, scale.Min, `${name} ${which} min`);
      near(axis.max, scale.Max, `${name} ${which} max`);
    }
  }
  assert.ok(compared >= 10);
});

test("a named color is fixed, others take turns, and black is light on a dark page", () => {
  assert.equal(colorOf("gemm", 5, false), "#0072B2");
  assert.equal(colorOf(undefined, 9, false), cycle[1]);
  assert.equal(colorOf("no such family", 0, false), cycle[0]);
  assert.notEqual(colorOf("communication", 0, true), "#000000");
});

test("a roofline has log axes, roofs as lines, and points that say their kernel", () => {
  const option = optionOf(roofline);
  assert.deepEqual([option.xAxis.type, option.yAxis.type], ["log", "log"]);
  assert.equal(option.yAxis.name, "rate [FLOP/s, log]");
  assert.deepEqual([1e11, 1e12, 0.5].map(option.yAxis.axisLabel.formatter), ["100G", "1T", "0.5"]);
  assert.deepEqual(option.series.map((s) => s.type), ["line", "scatter"]);
  assert.equal(option.series[0]!.lineStyle!.type, "dashed");
  assert.deepEqual(option.series[1]!.data.map((d) => [(d as Named).value, (d as Named).label.formatter]), [[[0.18, 4.7e11], "saxpy"], [[256, 5e12], "gemm_naive"]]);
  assert.deepEqual((option.series[0]!.data[1] as Named).label.formatter, "DRAM");
  assert.deepEqual([option.xAxis.min, option.xAxis.max], [0.1, 500]);
  assert.deepEqual(draw(roofline, theme).tip(1, 1), {
    head: "gemm_naive", color: cycle[0], rows: [["series", "fp32"], ["intensity", "256\u00a0FLOP/B"], ["rate", "5\u00a0TFLOP/s (5000000000000 FLOP/s)"]],
  });
});

test("many points carry no names", () => {
  const xs = Array.from({ length: 13 }, (_, i) => i + 1);
  const chart: Chart = { ...roofline, series: [{ name: "fp32", x: xs, y: xs, labels: xs.map(String) }] };
  assert.deepEqual(optionOf(chart).series[0]!.data[0], [1, 1]);
});

test("a value that a log axis cannot show is a gap, not a point", () => {
  const chart: Chart = { ...roofline, series: [{ name: "fp32", x: [1, 0, 2], y: [0, 5, 7] }] };
  assert.deepEqual(optionOf(chart).series[0]!.data, [[1, null], [null, 5], [2, 7]]);
});

test("a missing value is a gap in a line", () => {
  const chart: Chart = { name: "l", title: "L", kind: "line", x: { label: "step" }, y: { label: "max/mean" }, series: [{ name: "layer 0", x: [0, 10, 20], y: [1.7, null, 2.1] }] };
  const [series] = optionOf(chart).series;
  assert.deepEqual(series!.data, [[0, 1.7], [10, null], [20, 2.1]]);
  assert.equal(series!.connectNulls, false);
});

const bars: Chart = {
  name: "b", title: "B", kind: "bar", horizontal: true, stacked: true, x: { label: "kernel", categories: ["a", "b"] }, y: { label: "GPU time", unit: "ns" },
  series: [{ name: "copy", y: [5e6, null], color: "copy" }, { name: "gemm", y: [null, 2e6], color: "gemm" }],
};

test("lying bars run from top to bottom and begin at zero", () => {
  const option = optionOf(bars);
  assert.deepEqual([option.yAxis.type, option.yAxis.inverse, option.yAxis.data], ["category", true, ["a", "b"]]);
  assert.deepEqual([option.xAxis.type, option.xAxis.min, option.xAxis.max, option.xAxis.name], ["value", 0, 5e6, "GPU time [ms]"]);
  assert.equal(option.xAxis.axisLabel.formatter(5e6), "5");
  assert.deepEqual(option.series.map((s) => [s.color, s.stack, s.data]), [["#E69F00", "all", [5e6, null]], ["#0072B2", "all", [null, 2e6]]]);
});

test("bars that stand beside their own name need no legend", () => {
  assert.deepEqual(optionOf(bars).legend?.data, ["copy", "gemm"]);
  const named: Chart = { ...bars, x: { label: "family", categories: ["copy", "gemm"] } };
  assert.equal(optionOf(named).legend, undefined);
});

const heat: Chart = {
  name: "h", title: "H", kind: "heatmap", x: { label: "expert", categories: ["0", "1"] }, y: { label: "expert", categories: ["0", "1"] },
  heat: { values: [[null, 3], [0.5, null]], label: "times chance", diverging: true, middle: 1 },
};

test("a heat map leaves missing cells out and has row 0 at the top", () => {
  const option = optionOf(heat);
  assert.deepEqual(option.series[0]!.data, [[1, 0, 3], [0, 1, 0.5]]);
  assert.equal(option.yAxis.inverse, true);
  assert.deepEqual(draw(heat, theme).tip(0, 0), { head: "expert 0, expert 1", rows: [["times chance", "3"]] });
});

interface GoHeat { Min: number; Max: number; Log: boolean; Colors: string[] }

test("heat maps have the ends and colors that reports draw", () => {
  const file = path.join(process.env["UI_ROOT"]!, "../../workbench/render/testdata/heats.json");
  const golden = JSON.parse(readFileSync(file, "utf8")) as Record<string, { Heat: Heat; Scale: GoHeat }>;
  assert.ok(Object.keys(golden).length >= 8);
  const channels = (color: string) => [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16));
  for (const [name, { Heat: heat, Scale: scale }] of Object.entries(golden)) {
    const { low, high, colors } = heatScale(heat, scale.Colors.length);
    const value = (shade: number) => (scale.Log ? 10 ** shade : shade);
    for (const [got, want] of [[value(low), scale.Min], [value(high), scale.Max]]) {
      assert.ok(Math.abs(got! - want!) <= 1e-9 * Math.abs(want!), `${name}: the scale ends at ${got}, in reports at ${want}`);
    }
    colors.forEach((color, i) => channels(color).forEach((v, k) => {
      assert.ok(Math.abs(v - channels(scale.Colors[i]!)[k]!) <= 2, `${name}, color ${i}: ${color}, in reports ${scale.Colors[i]}`);
    }));
  }
});

test("a diverging scale ends at the data and is neutral at its middle", () => {
  const { low, high, colors } = heatScale({ values: [[0, 3]], label: "times chance", diverging: true, middle: 1 }, 4);
  assert.deepEqual([low, high, colors[1]], [0, 3, "#F2F2F2"]);
  assert.deepEqual([optionOf(heat).visualMap.min, optionOf(heat).visualMap.max], [0.5, 3]);
});

test("a log heat map speaks in values, not in exponents", () => {
  const option = optionOf({ ...heat, heat: { values: [[10, 1000]], label: "count", log: true } });
  assert.equal(option.visualMap.formatter(3), "1000");
});

test("shares of a pie add up on hover", () => {
  const pie: Chart = { name: "p", title: "P", kind: "pie", x: { label: "", categories: ["gemm", "rest"] }, y: { label: "time", unit: "ns" }, series: [{ name: "", y: [750, 250] }] };
  assert.deepEqual(draw(pie, theme).tip(0, 0), { head: "gemm", color: "#0072B2", rows: [["time", "750\u00a0ns"], ["share of the whole", "75\u202f%"]] });
});

test("charts without a value say so instead of drawing", () => {
  assert.equal(empty({ ...bars, series: [{ name: "x", y: [null] }] }), true);
  assert.equal(empty({ ...heat, heat: { values: [[null]], label: "" } }), true);
  assert.equal(empty(bars), false);
  assert.match(summary(roofline), /^Roofline\. scatter chart of rate by intensity: DRAM \(2 points\), fp32 \(2 points\)\.$/);
});

test("charts of a group stay together where the first one stood", () => {
  const chart = (name: string, group?: string): Chart => ({ ...bars, name, group });
  const groups = groupsOf([chart("a"), chart("l0", "layer"), chart("b"), chart("l1", "layer")]);
  assert.deepEqual(groups.map((g) => g.map((c) => c.name)), [["a"], ["l0", "l1"], ["b"]]);
});

test("labels of bars have equally many digits", () => {
  const ms = barLabels([1.9e6, 1.61e6, 2e6, 0, null, 950], "ns");
  assert.deepEqual([1.9e6, 1.61e6, 2e6, 0, null, 950].map(ms), ["1.90\u00a0ms", "1.61\u00a0ms", "2.00\u00a0ms", "0\u00a0ns", "", "950\u00a0ns"]);
  assert.deepEqual([3, 12, 65536].map(barLabels([3, 12, 65536])), ["3", "12", "65\u202f536"]);
});

test("colors in turn are far from each other on both grounds, and come again with other dashes", () => {
  for (const dark of [false, true]) {
    const colors = cycle.map((_, i) => lab(colorOf(undefined, i, dark)));
    colors.forEach((a, i) => colors.slice(i + 1).forEach((b, k) => {
      const far = Math.hypot(...a.map((v, c) => v - b[c]!));
      assert.ok(far > 25, `colors ${i} and ${i + 1 + k} on ${dark ? "dark" : "light"} ground are ${far.toFixed(0)} apart`);
    }));
  }
  const lines = Array.from({ length: 3 * cycle.length }, (_, i) => JSON.stringify([colorOf(undefined, i, false), dashOf(false, i)]));
  assert.equal(new Set(lines).size, lines.length);
  assert.deepEqual([dashOf(false, 0), dashOf(true, 0), dashOf(undefined, 7)], ["solid", "dashed", "solid"]);
});

/** lab is a color in CIE L*a*b*, white D65, in which distances are about what eyes see. */
function lab(color: string): number[] {
  const [r, g, b] = [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16) / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  const f = (v: number) => (v > 216 / 24389 ? Math.cbrt(v) : ((24389 / 27) * v + 16) / 116);
  const [x, y, z] = [f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505), f(0.2126 * r + 0.7152 * g + 0.0722 * b), f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089)];
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

test("a diverging scale names its middle", () => {
  assert.equal(middleOf(heat.heat!), "pale: 1");
  assert.equal(middleOf({ values: [], label: "" }), "");
});

test("small things", () => {
  assert.equal(axisTitle({ label: "time", unit: "ns", log: true }, "ns"), "time [ns, log]");
  assert.equal(measured(null, "ns"), "— (no value)");
  assert.equal(measured(27290640, "ns"), "27.29\u00a0ms (27290640 ns)");
  assert.equal(diameter(0.25) - diameter(0), (diameter(1) - diameter(0)) / 2);
});
