import assert from "node:assert/strict";
import { test } from "node:test";
import { keyName, match, spoken } from "../src/notebook/keys";
import { narrowed } from "../src/ui/narrow";

const press = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more });

test("keys have one name on all keyboards", () => {
  assert.equal(keyName(press("A", { shiftKey: true })), "Shift-a");
  assert.equal(keyName(press("?", { shiftKey: true })), "?");
  assert.equal(keyName(press("/")), "/");
  assert.equal(keyName(press("s", { metaKey: true })), "Ctrl-s");
  assert.equal(keyName(press("Enter", { shiftKey: true })), "Shift-Enter");
  assert.equal(keyName(press("ArrowUp", { ctrlKey: true, shiftKey: true })), "Ctrl-Shift-ArrowUp");
});

const run = { keys: ["Shift-Enter"], anywhere: true };
const del = { keys: ["d d"] };
const next = { keys: ["j", "ArrowDown"] };
const list = [run, del, next];

test("pairs need both keys, one after the other", () => {
  assert.deepEqual(match(list, "", "d", false), { pending: "d" });
  assert.deepEqual(match(list, "d", "d", false), { command: del });
  assert.deepEqual(match(list, "d", "j", false), { command: next });
  assert.equal(match(list, "", "q", false), null);
});

test("while text is edited, only what is meant for it works", () => {
  assert.deepEqual(match(list, "", "Shift-Enter", true), { command: run });
  assert.equal(match(list, "", "j", true), null);
  assert.equal(match(list, "d", "d", true), null);
});

test("the sheet writes keys for people", () => {
  assert.equal(spoken("Ctrl-Shift-ArrowUp"), "Ctrl-Shift-↑");
  assert.equal(spoken("d d"), "D D");
});

test("the palette narrows by words in any order", () => {
  assert.deepEqual(narrowed(["Run all cells", "Restart the kernel", "Run in place"], "cell run", (s) => s), ["Run all cells"]);
});
