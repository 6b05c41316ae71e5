import assert from "node:assert/strict";
import { test } from "node:test";
import type { Field, Value } from "../src/api/types";
import { columnsOf, show } from "../src/tables/columns";

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

test("kernel columns show short names and keep the whole", () => {
  const full = "void at::native::vectorized_gather_kernel<(int)16, long>(char *, char *, T2 *, int, long)";
  const [column] = columnsOf([{ name: "kernel", kind: "string" }], [[full], ["nvjet_sm90_tst_128x8_64x12_2x1_v_bz_NNT"]]);
  assert.deepEqual(show(column!, full), { text: "vectorized_gather_kernel", title: full, missing: false });
  assert.equal(show(column!, "nvjet_sm90_tst_128x8_64x12_2x1_v_bz_NNT").text, "nvjet_sm90_tst_128x8_64x12_2x1_v_bz_NNT");
});
