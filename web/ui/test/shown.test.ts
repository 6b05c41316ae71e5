import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "../src/cells/shown";
import { findIn } from "../src/notebook/find";
import { cookie } from "../src/api/token";

const bundle = { version: 1, key: "k", analysis: "kernel-summary", title: "t", params: {}, inputs: [], cached: false, elapsedNs: 1, findings: [], tables: [], charts: [] };

test("a result goes before its other forms", () => {
  const data = { "application/vnd.profilemate.result+json": bundle, "text/html": "<table>", "text/plain": "t", "image/svg+xml": "<svg/>" };
  assert.deepEqual(shown({ output_type: "display_data", data }), { kind: "result", bundle });
});

test("HTML is never shown as such", () => {
  assert.deepEqual(shown({ output_type: "execute_result", data: { "text/html": "<script>", "text/plain": ["a\n", "b"] } }), { kind: "text", text: "a\nb" });
  assert.match((shown({ output_type: "display_data", data: { "text/html": "<b>" } }) as { text: string }).text, /text\/html/);
});

test("pictures become addresses of their own", () => {
  assert.deepEqual(shown({ output_type: "display_data", data: { "image/png": "aGk=\n" } }), { kind: "image", source: "data:image/png;base64,aGk=" });
  assert.deepEqual(shown({ output_type: "display_data", data: { "image/svg+xml": "<svg/>" } }), { kind: "image", source: "data:image/svg+xml,%3Csvg%2F%3E" });
});

test("errors lose the colors of a terminal", () => {
  assert.deepEqual(shown({ output_type: "error", ename: "missing", evalue: "no table", traceback: ["\x1b[31mat\x1b[0m", "line"] }),
    { kind: "error", name: "missing", message: "no table", traceback: "at\nline" });
});

test("progress that stayed in a document shows nothing", () => {
  assert.deepEqual(shown({ output_type: "display_data", data: { "application/vnd.profilemate.progress+json": {}, "text/plain": "reading" } }), { kind: "nothing" });
});

test("search finds text in sources and results, not in field names", () => {
  const base = { cellType: "code" as const, state: "done" as const, executionCount: null, startedAt: null, elapsedNs: 0 };
  const cells = [
    { ...base, id: "a", source: "%%analysis roofline a.csv" },
    { ...base, id: "b", source: "", outputs: [{ output_type: "display_data" as const, data: { "application/vnd.profilemate.result+json": { ...bundle, title: "Kernels: saxpy" } } }] },
  ];
  assert.deepEqual(findIn(cells, "SAXPY"), [1]);
  assert.deepEqual(findIn(cells, "roofline"), [0]);
  assert.deepEqual(findIn(cells, "elapsedNs"), []);
  assert.deepEqual(findIn(cells, "  "), []);
});

test("the XSRF cookie is found among others", () => {
  assert.equal(cookie("a=1; _xsrf=2%7Cab; b=3", "_xsrf"), "2|ab");
  assert.equal(cookie("x_xsrf=1", "_xsrf"), "");
});
