import assert from "node:assert/strict";
import { test } from "node:test";
import type { Field, Value } from "../src/api/types";
import { columnsOf, show, wholeName } from "../src/tables/columns";

const total: Field = { name: "total", kind: "int64", unit: "ns" };

function texts(field: Field, values: Value[]): string[] {
  const [column] = columnsOf([field], values.map((v) => [v]));
  return values.map((v) => show(column!, v).text);
}

test("time of one column has one unit and stands on the point", () => {
  assert.deepEqual(texts(total, [27290640, 13499182, 794701]), ["27.29\u2007\u2007", "13.50\u2007\u2007", "0.7947"]);
});

test("hovering gives the stored value", () => {
  const [column] = columnsOf([total], [[27290640]]);
  assert.equal(column!.unit, "ms");
  assert.equal(show(column!, 27290640).title, "27290640 ns");
});

test("a missing value is a dash with its reason, never a zero", () => {
  const [column] = columnsOf([total], [[1], [null]]);
  assert.deepEqual(show(column!, null), { text: "—", title: "total: the data has no value here", missing: true });
});

test("a value too small for the column is not shown as zero", () => {
  const [, tiny] = texts({ name: "share", kind: "float64", unit: "%" }, [15.6, 0.00001]);
  assert.equal(tiny, "1.0e−5");
});

test("whole numbers stay whole, also beyond 2^53", () => {
  assert.deepEqual(texts({ name: "n", kind: "int64" }, [289062, 3, "9007199254740993"]),
    ["289\u202f062", "3", "9\u202f007\u202f199\u202f254\u202f740\u202f993"]);
});

test("names are as the data say them, with the whole name beside", () => {
  const full = "void at::native::elementwise_kernel<(int)128, (int)4, at::native::MulFunctor<float>>(int, T3)";
  const row = ["elementwise_kernel<MulFunctor>", 3, full];
  const fields: Field[] = [{ name: "kernel", kind: "string" }, { name: "n", kind: "int64" }, { name: "name", kind: "string" }];
  const [kernel, , name] = columnsOf(fields, [row]);
  assert.equal(show(kernel!, row[0]!).text, "elementwise_kernel<MulFunctor>");
  assert.equal(wholeName(kernel!, row), full);
  assert.equal(wholeName(kernel!, ["x", 1, null]), "x");
  assert.equal(wholeName(name!, row), full);
  assert.equal(show(name!, full).title, full);
  assert.match(show(name!, full).text, /^void at::native::.*….*\(int, T3\)$/);
});
