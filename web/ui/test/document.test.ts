import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cell, ServerMessage } from "../src/api/types";
import { apply, type Document } from "../src/state/document";

function cell(id: string, more: Partial<Cell> = {}): Cell {
  return { id, cellType: "code", source: id, state: "idle", executionCount: null, startedAt: null, elapsedNs: 0, outputs: [], ...more };
}

function play(...messages: ServerMessage[]): Document | null {
  return messages.reduce<Document | null>(apply, null);
}

const snapshot: ServerMessage = { type: "snapshot", seq: 5, path: "a.ipynb", title: "A", cells: [cell("a"), cell("b")], kernel: "idle", dirty: false };
const ids = (doc: Document | null) => doc?.cells.map((c) => c.id);

test("nothing is known before the snapshot", () => {
  assert.equal(play({ type: "cell", seq: 1, index: 0, cell: cell("x") }), null);
});

test("a cell is inserted, changed in place, and moved by its index", () => {
  const inserted = play(snapshot, { type: "cell", seq: 6, index: 1, cell: cell("c") });
  assert.deepEqual(ids(inserted), ["a", "c", "b"]);
  const changed = apply(inserted, { type: "cell", seq: 7, index: 1, cell: cell("c", { source: "new" }) });
  assert.deepEqual(ids(changed), ["a", "c", "b"]);
  assert.equal(changed?.cells[1]?.source, "new");
});

test("removing and ordering", () => {
  assert.deepEqual(ids(play(snapshot, { type: "removed", seq: 6, cell: "a" })), ["b"]);
  assert.deepEqual(ids(play(snapshot, { type: "order", seq: 6, cells: ["b", "a"] })), ["b", "a"]);
  assert.deepEqual(ids(play(snapshot, { type: "order", seq: 6, cells: ["b"] })), ["b", "a"]);
});

test("what is older than the snapshot changes nothing", () => {
  assert.deepEqual(ids(play(snapshot, { type: "removed", seq: 5, cell: "a" })), ["a", "b"]);
});

test("a snapshot replaces all, also with lower numbers after a restart of the server", () => {
  const doc = play(snapshot, { ...snapshot, seq: 1, cells: [cell("z")] } as ServerMessage);
  assert.deepEqual(ids(doc), ["z"]);
  assert.equal(doc?.seq, 1);
});

test("progress lasts as long as its cell runs", () => {
  const progress: ServerMessage = { type: "progress", cell: "a", text: "reading kernels", done: 1, total: 2, elapsedNs: 3 };
  const running = play(snapshot, { type: "cell", seq: 6, index: 0, cell: cell("a", { state: "running" }) }, progress);
  assert.deepEqual(running?.progress["a"], { text: "reading kernels", done: 1, total: 2, elapsedNs: 3 });
  const done = apply(running, { type: "cell", seq: 7, index: 0, cell: cell("a", { state: "done" }) });
  assert.deepEqual(done?.progress, {});
});

test("equal outputs stay the same object, so that nothing is drawn again", () => {
  const outputs = () => [{ output_type: "stream" as const, name: "stdout", text: "hi" }];
  const first = play(snapshot, { type: "cell", seq: 6, index: 0, cell: cell("a", { outputs: outputs() }) });
  const again = apply(first, { type: "cell", seq: 7, index: 0, cell: cell("a", { source: "x", outputs: outputs() }) });
  assert.equal(again?.cells[0]?.outputs, first?.cells[0]?.outputs);
  assert.equal(again?.cells[0]?.source, "x");
});

test("what a cell showed stays until it shows something new", () => {
  const output = (text: string) => [{ output_type: "stream" as const, name: "stdout", text }];
  const send = (doc: Document | null, seq: number, more: Partial<Cell>) => apply(doc, { type: "cell", seq, index: 0, cell: cell("a", more) });
  const before = send(play(snapshot), 6, { state: "done", outputs: output("old") });
  const running = send(before, 7, { state: "running", outputs: [] });
  assert.deepEqual(running?.cells[0]?.outputs, output("old"));
  assert.deepEqual(send(running, 8, { state: "running", outputs: output("new") })?.cells[0]?.outputs, output("new"));
  assert.deepEqual(send(running, 8, { state: "done", outputs: [] })?.cells[0]?.outputs, []);
});

test("kernel and saving", () => {
  const dead = play(snapshot, { type: "kernel", seq: 6, state: "dead", message: "It ran out of memory." });
  assert.deepEqual([dead?.kernel, dead?.kernelMessage], ["dead", "It ran out of memory."]);
  const later = play({ ...snapshot, kernel: "dead", kernelMessage: "It was killed." } as ServerMessage);
  assert.deepEqual([later?.kernel, later?.kernelMessage], ["dead", "It was killed."]);
  const dirty = play(snapshot, { type: "saved", seq: 6, dirty: true, message: "a.ipynb changed on disk" });
  assert.deepEqual([dirty?.dirty, dirty?.saveMessage], [true, "a.ipynb changed on disk"]);
});
