import assert from "node:assert/strict";
import { test } from "node:test";
import { Drafts } from "../src/state/drafts";

function recorder(answers: (string | null)[] = []) {
  const sent: [string, string][] = [];
  const drafts = new Drafts((cell, source) => {
    sent.push([cell, source]);
    return Promise.resolve(answers.length > 0 ? answers.shift()! : "");
  });
  return { sent, drafts };
}

test("what is typed is sent once and then forgotten", async () => {
  const { sent, drafts } = recorder();
  drafts.set("c1", "a");
  drafts.set("c1", "ab");
  assert.equal(drafts.of("c1"), "ab");
  assert.equal(drafts.any.value, true);
  assert.equal(await drafts.flush("c1"), true);
  assert.deepEqual(sent, [["c1", "ab"]]);
  assert.equal(drafts.any.value, false);
  assert.equal(await drafts.flush("c1"), true);
  assert.equal(sent.length, 1);
});

test("a text that the server did not take stays", async () => {
  const { drafts } = recorder([null]);
  drafts.set("c1", "a");
  assert.equal(await drafts.flush("c1"), false);
  assert.equal(drafts.of("c1"), "a");
  drafts.clear();
});

test("what was typed while an answer was on its way is kept", async () => {
  let answer: (made: string) => void = () => {};
  const drafts = new Drafts(() => new Promise((resolve) => { answer = resolve; }));
  drafts.set("c1", "a");
  const flushed = drafts.flush("c1");
  drafts.set("c1", "ab");
  answer("");
  await flushed;
  assert.equal(drafts.of("c1"), "ab");
  drafts.settle("c1", "a");
  assert.equal(drafts.of("c1"), "ab");
  drafts.settle("c1", "ab");
  assert.equal(drafts.of("c1"), undefined);
  drafts.clear();
});

test("flushing all says whether all went", async () => {
  const { sent, drafts } = recorder(["", null]);
  drafts.set("c1", "a");
  drafts.set("c2", "b");
  assert.equal(await drafts.flushAll(), false);
  assert.deepEqual(sent, [["c1", "a"], ["c2", "b"]]);
  drafts.clear();
});
