import assert from "node:assert/strict";
import { test } from "node:test";
import type { Analysis, Call, Param } from "../src/api/types";
import { callFor, inputsOf, problemOf, valueOf, withInput, withParam } from "../src/cells/call";

const top: Param = { name: "top", kind: "int", doc: "rows of the chart", default: "20", min: "1", max: "100" };
const peak: Param = { name: "peak", kind: "float", doc: "ceiling", default: "9.89e+14", unit: "FLOP/s", min: "1" };
const gap: Param = { name: "gap", kind: "duration", doc: "shortest gap", default: "1ms" };

const summary: Analysis = {
  name: "kernel-summary", title: "time by kernel", doc: "", version: 1, params: [top], roles: [{ Name: "profile", Kind: "nsys", Doc: "the run" }],
};
const compare: Analysis = {
  name: "compare", title: "two runs", doc: "", version: 1, params: [],
  roles: [{ Name: "before", Kind: "nsys", Doc: "" }, { Name: "after", Kind: "nsys", Doc: "" }],
};
const call = (analysis: string, inputs: Call["inputs"], params: Call["params"] = {}): Call => ({ analysis, inputs, params });

test("inputs find their roles by name, then in order", () => {
  const rows = inputsOf(compare, call("compare", [{ role: "", path: "b.sqlite" }, { role: "before", path: "a.sqlite" }]));
  assert.deepEqual(rows.map((r) => [r.role, r.path]), [["before", "a.sqlite"], ["after", "b.sqlite"]]);
});

test("an input too many is shown, not dropped", () => {
  const rows = inputsOf(summary, call("kernel-summary", [{ path: "a.sqlite" }, { path: "b.sqlite" }]));
  assert.deepEqual(rows.map((r) => r.path), ["a.sqlite", "b.sqlite"]);
});

test("a role is written only where two share a kind", () => {
  assert.deepEqual(withInput(summary, call("kernel-summary", []), 0, "a.sqlite").inputs, [{ role: "", path: "a.sqlite" }]);
  assert.deepEqual(withInput(compare, call("compare", []), 1, "b.sqlite").inputs, [{ role: "after", path: "b.sqlite" }]);
  assert.deepEqual(withInput(summary, call("kernel-summary", [{ path: "a.sqlite" }]), 0, "").inputs, []);
});

test("the default is left out of the call", () => {
  const set = withParam(call("kernel-summary", []), top, " 50 ");
  assert.deepEqual(set.params, { top: "50" });
  assert.equal(valueOf(top, set), "50");
  assert.deepEqual(withParam(set, top, "20").params, {});
  assert.deepEqual(withParam(set, top, "").params, {});
  assert.equal(valueOf(top, call("kernel-summary", null, null)), "20");
});

test("bounds are said in words", () => {
  const cases: [Param, string, string][] = [
    [top, "50", ""], [top, "0", "at least 1"], [top, "101", "at most 100"], [top, "1.5", "1.5 is not a whole number"],
    [top, "many", "many is not a number"], [peak, "0", "at least 1 FLOP/s"], [peak, "1e12", ""], [gap, "anything", ""], [top, "", ""],
  ];
  for (const [param, text, want] of cases) assert.equal(problemOf(param, text), want, `${param.name}=${text}`);
});

test("a new call names the role where it must", () => {
  assert.deepEqual(callFor(summary, "nsys", "a.sqlite"), call("kernel-summary", [{ role: "", path: "a.sqlite" }]));
  assert.deepEqual(callFor(compare, "nsys", "a.sqlite"), call("compare", [{ role: "before", path: "a.sqlite" }]));
  assert.deepEqual(callFor(summary, "", ""), call("kernel-summary", []));
});
