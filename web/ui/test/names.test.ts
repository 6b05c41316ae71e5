import assert from "node:assert/strict";
import { test } from "node:test";
import { apart } from "../src/artifacts/stored";
import type { ArtifactTable, Chart } from "../src/api/types";
import { besideNames, everyOf, foldTo, inLines, isTree, widthOf } from "../src/charts/names";
import { draw } from "../src/charts/option";
import { asSentence } from "../src/ui/words";

const six = (text: string) => 6 * [...text].length;
const theme = { dark: false, text: "#111", muted: "#666", line: "#ddd", ground: "#fff", font: "sans-serif" };

test("a name that fits stays as it is", () => {
  for (const name of ["gemm", "elementwise_kernel<MulFunctor>"]) assert.equal(inLines(name, 300, six), name);
});

test("long names take two lines, parted between words, and keep both ends", () => {
  assert.equal(inLines("index_elementwise_kernel<index_copy_kernel_impl>", 276, six), "index_elementwise_kernel<index_copy_kernel_\nimpl>");
  const lines = inLines("x".repeat(46) + "middle".repeat(20) + "_kernel0_0", 276, six).split("\n");
  assert.deepEqual(lines.map(six), [276, 276]);
  assert.match(lines[1]!, /^middle.*….*_kernel0_0$/);
});

test("no name is wider than its room, whatever the width of the picture", () => {
  const names = ["· · gpu_model_runner: execute_context_12(3)_generation_45(6) [decode]", "step", "漢".repeat(80), "😀".repeat(90), "x".repeat(500)];
  for (const width of [50, 300, 420, 700, 1100, 3000]) {
    for (const list of [names, names.slice(1)]) {
      const room = Math.max(60, 0.42 * width);
      assert.ok(widthOf(besideNames(list, width, six), six) <= room, `${width} px`);
    }
  }
  assert.equal(foldTo("abcdefghij", 42, six), "abcd…ij");
});

test("names of a tree stay in one line and begin below each other", () => {
  const names = ["step", "· forward", "· · " + "execute_context_".repeat(20)];
  assert.deepEqual([isTree(names), isTree(["step", "a · b"])], [true, false]);
  assert.ok(besideNames(names, 900, six).every((n) => !n.includes("\n")));
  const chart: Chart = { name: "t", title: "T", kind: "bar", horizontal: true, x: { label: "", categories: names }, y: { label: "time", unit: "ns" }, series: [{ name: "", y: [3, 2, 1] }] };
  const option = draw(chart, theme, 900).option as { grid: { left: number }; yAxis: { axisLabel: { align?: string; margin: number; formatter: (n: string, i: number) => string } } };
  const label = option.yAxis.axisLabel;
  assert.equal(label.align, "left");
  assert.ok(label.margin > 300 && option.grid.left > label.margin, `margin ${label.margin} of ${option.grid.left}`);
  assert.match(label.formatter("", 2), /^· · exec.*….*_$/);
  const flat = draw({ ...chart, x: { label: "", categories: ["a", "b", "c"] } }, theme, 900).option as typeof option;
  assert.equal(flat.yAxis.axisLabel.align, undefined);
});

test("names below a picture are shown in round steps", () => {
  const numbers = Array.from({ length: 300 }, (_, i) => String(i));
  assert.deepEqual([everyOf(numbers, 9000, six), everyOf(numbers, 3000, six), everyOf(numbers, 700, six), everyOf(numbers, 100, six)], [1, 5, 20, 100]);
});

test("stored tables are kept apart", () => {
  const table = (name: string): ArtifactTable => ({ name, doc: "", rows: 1, schema: [] });
  const { ours, stored } = apart(["kernels", "raw.StringIds", "rawish"].map(table));
  assert.deepEqual([ours.map((t) => t.name), stored.map((t) => t.name)], [["kernels", "rawish"], ["raw.StringIds"]]);
});

test("messages become sentences", () => {
  assert.deepEqual(["signal: killed", "It ended.", "", "why?"].map(asSentence), ["Signal: killed.", "It ended.", "", "Why?"]);
});
