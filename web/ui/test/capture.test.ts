import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job, JobEvent, Recipe } from "../src/api/captures";
import { clock, Log, matching } from "../src/capture/log";
import { about, changed, given, inUse, ofNsys, phaseRows, quoted, usedValues, withValue, worst } from "../src/capture/words";
import { captureAddress, captureOf } from "../src/state/route";
import { sentenceCase } from "../src/ui/words";

test("arguments are quoted as a shell takes them", () => {
  for (const [args, want] of [
    [["nsys", "--trace=cuda,nvtx", "a/b.py"], "nsys --trace=cuda,nvtx a/b.py"],
    [["a b", "it's", "", "^(x|y)$"], `'a b' 'it'\\''s' '' '^(x|y)$'`],
  ] as const) assert.equal(quoted([...args]), want);
});

test("estimates are round", () => {
  for (const [ns, want] of [[3e8, "a moment"], [4.2e9, "about 4 s"], [17e9, "about 15 s"], [100e9, "about 2 min"], [7200e9, "about 2 h"]] as const) {
    assert.equal(about(ns), want);
  }
});

const job = (state: Job["state"], phases: Job["phases"]): Job => ({
  id: "j", state, created: "2026-01-01T00:00:00Z", phases, findings: [], artifacts: [], leftNs: null,
  plan: {
    recipe: "r", title: "t", values: {}, folder: "/f", gpus: null, commands: null, outputs: null,
    phases: [{ name: "a", title: "first", expect: 1e9 }, { name: "b", title: "second" }, { name: "c", title: "third", expect: 5e9 }],
  },
});

test("phases are lined up with the plan", () => {
  const begun = [{ name: "a", started: "2026-01-01T00:00:00Z", ended: "2026-01-01T00:00:02Z" }, { name: "b", started: "2026-01-01T00:00:02Z" }];
  const now = Date.parse("2026-01-01T00:00:05Z");
  assert.deepEqual(phaseRows(job("running", begun), now).map((p) => [p.state, p.spent]), [["done", 2e9], ["now", 3e9], ["ahead", 0]]);
  const cut = [begun[0]!, { ...begun[1]!, ended: "2026-01-01T00:00:03Z" }];
  assert.deepEqual(phaseRows(job("cancelled", cut), now).map((p) => p.state), ["done", "cut", "ahead"]);
});

const events = (from: number, texts: string[]): JobEvent[] =>
  texts.map((text, i) => ({ seq: from + i, time: "2026-01-01T00:00:00Z", kind: text === "" ? "progress" : "log", source: i % 2 ? "nsys" : "own", text }));

test("the log takes each event once, also after a lost connection", () => {
  const first = new Log().with(events(1, ["one", "two", ""]));
  assert.equal(first.last, 3);
  const again = first.with(events(2, ["two", "", "four"]));
  assert.deepEqual(again.lines.map((l) => l.text), ["one", "two", "four"]);
  assert.equal(again.with(events(1, ["one"])), again);
});

test("the log is searched whatever the case, in one program or all", () => {
  const { lines } = new Log().with(events(1, ["Loading", "loaded", "ready"]));
  assert.deepEqual(matching(lines, "", "LOAD").map((l) => l.text), ["Loading", "loaded"]);
  assert.deepEqual(matching(lines, "nsys", "").map((l) => l.text), ["loaded"]);
  assert.equal(matching(lines, "", " ").length, 3);
  assert.match(clock("2026-01-01T00:00:00Z"), /^\d\d:\d\d:00$/);
});

const recipe: Recipe = {
  name: "r", title: "t", doc: "", outputs: [], groups: [{ title: "g", params: ["port", "model"] }],
  params: [{ name: "port", kind: "int", doc: "", default: "8000" }, { name: "model", kind: "string", doc: "", default: "" }],
};

test("values at their defaults are left out", () => {
  const [port] = recipe.params;
  const values = withValue({ model: "m" }, port!, " 9000 ");
  assert.deepEqual(values, { model: "m", port: "9000" });
  assert.deepEqual(withValue(values, port!, "8000"), { model: "m" });
  assert.deepEqual(given(recipe, { port: "8000", model: "m", other: "x" }), { model: "m" });
  assert.equal(changed(recipe.groups[0]!, values), 2);
});

test("groups are there where one of their conditions holds", () => {
  const modes: Recipe = {
    ...recipe,
    params: [...recipe.params, { name: "mode", kind: "enum", doc: "", default: "quick" }, { name: "ncu", kind: "bool", doc: "", default: "false" },
      { name: "count", kind: "int", doc: "", default: "50" }],
    groups: [{ title: "what", params: ["mode", "ncu"] }, ...recipe.groups,
      { title: "compute", params: ["count"], when: [{ param: "mode", values: ["full", "ncu"] }, { param: "ncu", values: ["true"] }] }],
  };
  for (const [values, want] of [
    [{}, ["what", "g"]], [{ mode: "moe" }, ["what", "g"]], [{ mode: "ncu" }, ["what", "g", "compute"]], [{ ncu: "true" }, ["what", "g", "compute"]],
  ] as const) assert.deepEqual(inUse(modes, values).map((g) => g.title), want);
  assert.deepEqual(usedValues(modes, { model: "m", count: "5" }), { model: "m" });
  assert.deepEqual(usedValues(modes, { mode: "full", count: "5" }), { mode: "full", count: "5" });
});

test("what is in the way comes first", () => {
  const list = worst([{ name: "a", status: "ok", said: "" }, { name: "b", status: "failed", said: "" }, { name: "c", status: "warning", said: "" }]);
  assert.deepEqual(list.map((c) => c.name), ["b", "c", "a"]);
});

test("a closer look is offered where an analysis is about one capture of Nsight Systems", () => {
  const of = (name: string, ...kinds: string[]) => ({ name, title: "", doc: "", version: 1, params: null, roles: kinds.map((Kind) => ({ Name: "r", Kind, Doc: "" })) });
  const list = [of("summary", "nsys"), of("roofline", "ncu"), of("compare", "nsys", "nsys")];
  for (const [name, want] of [["summary", true], ["roofline", false], ["compare", false], ["none", false], [undefined, false]] as const) assert.equal(ofNsys(list, name), want);
});

test("addresses name captures", () => {
  assert.equal(captureOf("/captures"), "");
  assert.equal(captureOf(captureAddress("2026 a")), "2026 a");
  assert.equal(captureOf("/notebooks/captures"), null);
  assert.equal(captureOf("/capturesx"), null);
});

test("names with capitals inside stay as they are", () => {
  assert.equal(sentenceCase("vLLM server"), "vLLM server");
  assert.equal(sentenceCase("program"), "Program");
});
