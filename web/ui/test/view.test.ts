import assert from "node:assert/strict";
import { test } from "node:test";
import type { Field, Value } from "../src/api/types";
import { select, toggled } from "../src/tables/view";
import { lastPage } from "../src/tables/Pager";

const fields: Field[] = [{ name: "kernel", kind: "string" }, { name: "total", kind: "int64", unit: "ns" }];
const rows: Value[][] = [["gemm", 30], ["softmax", null], ["copy", "9007199254740993"], ["Gemv", 7]];
const names = (list: Value[][]) => list.map((r) => r[0]);

test("sorting puts the missing last both ways", () => {
  assert.deepEqual(names(select(fields, rows, { offset: 0, sort: "total", filter: "" })), ["Gemv", "gemm", "copy", "softmax"]);
  assert.deepEqual(names(select(fields, rows, { offset: 0, sort: "-total", filter: "" })), ["copy", "gemm", "Gemv", "softmax"]);
});

test("a filter looks in all columns or in one, letter case ignored", () => {
  assert.deepEqual(names(select(fields, rows, { offset: 0, sort: "", filter: "GEM" })), ["gemm", "Gemv"]);
  assert.deepEqual(names(select(fields, rows, { offset: 0, sort: "", filter: "total:30" })), ["gemm"]);
  assert.deepEqual(names(select(fields, rows, { offset: 0, sort: "", filter: "kernel:3" })), []);
  assert.deepEqual(names(select(fields, rows, { offset: 0, sort: "", filter: "std::x" })), []);
});

test("the rows of a finding are picked by exact value", () => {
  const only = { column: "kernel", values: ["gemm", "copy", "absent"] };
  assert.deepEqual(names(select(fields, rows, { offset: 0, sort: "", filter: "", only })), ["gemm", "copy"]);
});

test("an unknown column sorts nothing", () => {
  assert.deepEqual(select(fields, rows, { offset: 0, sort: "-absent", filter: "" }), rows);
});

test("numbers sort largest first, names from A", () => {
  assert.deepEqual([toggled("", fields[1]!), toggled("-total", fields[1]!), toggled("total", fields[1]!)], ["-total", "total", ""]);
  assert.deepEqual([toggled("", fields[0]!), toggled("kernel", fields[0]!), toggled("-kernel", fields[0]!)], ["kernel", "-kernel", ""]);
});

test("the last page begins at a whole page", () => {
  assert.deepEqual([0, 1, 50, 51, 1200, 1201].map(lastPage), [0, 0, 0, 50, 1150, 1200]);
});
