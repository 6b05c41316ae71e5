import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { aligned, count, duration, grouped, quantity, significant, trimmed } from "../src/tables/number";
import { scaleFor, scaleOne } from "../src/tables/units";

test("grouped puts thin spaces from five digits on and a true minus sign", () => {
  const cases: [string, string][] = [
    ["0", "0"], ["1234", "1234"], ["12345", "12\u202f345"], ["1234567", "1\u202f234\u202f567"], ["-12345.678", "−12\u202f345.678"],
    ["9007199254740993", "9\u202f007\u202f199\u202f254\u202f740\u202f993"],
  ];
  for (const [numeral, want] of cases) assert.equal(grouped(numeral), want);
});

test("significant keeps so many digits, rounding up included", () => {
  const cases: [number, number, string][] = [
    [1.23456, 4, "1.235"], [12.3456, 4, "12.35"], [9.9996, 4, "10.00"], [999.96, 4, "1000"], [0.00123456, 3, "0.00123"],
    [0, 4, "0"], [1e-9, 3, "1.00e−9"], [2.5e18, 3, "2.50e18"], [-3.14159, 3, "−3.14"], [65536, 4, "65\u202f536"],
  ];
  for (const [value, digits, want] of cases) assert.equal(significant(value, digits), want, String(value));
});

test("trimmed drops zeros of a fraction only", () => {
  assert.equal(trimmed(1500, 3), "1500");
  assert.equal(trimmed(1.5, 4), "1.5");
  assert.equal(trimmed(2, 4), "2");
});

test("aligned pads to the point", () => {
  assert.equal(aligned("12.5", 3), "12.5\u2007\u2007");
  assert.equal(aligned("1234", 2), "1234\u2008\u2007\u2007");
  assert.equal(aligned("1.2e−9", 3), "1.2e−9");
});

test("quantity scales a single value", () => {
  const cases: [number, string, string][] = [
    [1460, "ns", "1.46\u00a0µs"], [27290640, "ns", "27.3\u00a0ms"], [2147483648, "FLOP", "2.15\u00a0GFLOP"], [185.6e6, "B", "186\u00a0MB"],
    [3.35e12, "B/s", "3.35\u00a0TB/s"], [78, "%", "78\u202f%"], [0.5, "", "0.5"], [999, "ns", "999\u00a0ns"], [0, "ns", "0\u00a0ns"],
  ];
  for (const [value, unit, want] of cases) assert.equal(quantity(value, unit), want);
});

test("duration goes over to minutes", () => {
  assert.equal(duration(125e9), "2 min 5 s");
  assert.equal(duration(340e3), "340\u00a0µs");
});

test("count has a plural", () => {
  assert.equal(count(1, "row"), "1 row");
  assert.equal(count(51495, "row"), "51\u202f495 rows");
});

test("a column's scale follows its middle, not its largest value", () => {
  const cases: [string, number[], string][] = [
    ["ns", [1200e6, 300e3, 250e3], "ms"], // 300 µs is 0.3 ms: still readable
    ["ns", [3e9, 5e3, 4e3, 4e3], "µs"],
    ["ns", [1353, 1728, 9333], "µs"],
    ["ns", [], "ns"],
    ["ns", [0, 0], "ns"],
    ["B", [5e9, 6e9], "GB"],
    ["B", [1024], "kB"],
    ["FLOP/s", [60e12], "TFLOP/s"],
    ["s", [0.0014], "ms"],
    ["%", [1e6], "%"],
    ["FLOP/B", [1e6], "FLOP/B"],
  ];
  for (const [unit, values, want] of cases) assert.equal(scaleFor(unit, values).label, want, `${unit} ${values}`);
});

test("a value is shown in the unit that reports show it in", () => {
  const file = path.join(process.env["UI_ROOT"]!, "../../workbench/render/testdata/units.json");
  const golden = JSON.parse(readFileSync(file, "utf8")) as { Unit: string; Value: number; Factor: number; Shown: string }[];
  assert.ok(golden.length >= 100);
  for (const { Unit, Value, Factor, Shown } of golden) {
    const scale = scaleOne(Unit, Value);
    assert.equal(scale.label, Shown, `${Value} ${Unit}`);
    assert.ok(Math.abs(scale.divisor * Factor - 1) < 1e-9, `${Value} ${Unit}: ${scale.divisor}, reports multiply by ${Factor}`);
  }
});
