import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, parts } from "../src/tables/fold";
import { paragraphs } from "../src/ui/words";

test("what is too long loses its middle, by characters and not by code units", () => {
  assert.equal(fold("abcdefghij", 10), "abcdefghij");
  assert.equal(fold("abcdefghij", 7), "abcd…ij");
  assert.equal(fold("😀😀😀😀😀", 4), "😀😀…😀");
  assert.equal(fold("abc", 2), "ab");
  assert.equal(fold("abc", 0), "");
});

test("a path keeps its last folder, a file name its ending", () => {
  assert.deepEqual(parts("/home/me/.cache/profilemate/demo"), { head: "/home/me/.cache/profilemate", tail: "/demo" });
  assert.deepEqual(parts("/a/" + "x".repeat(40)), { head: "/a/" + "x".repeat(20), tail: "x".repeat(20) });
  assert.deepEqual(parts("h100_moe_cudagraph.sqlite"), { head: "h100_moe_cudagrap", tail: "h.sqlite" });
  for (const text of ["", "/", "a", "moe", "a/", "/a"]) assert.equal(parts(text).head + parts(text).tail, text);
});

test("paragraphs have no line breaks of their own", () => {
  assert.deepEqual(paragraphs("one\ntwo\n\nthree  \n  four\n\n\n"), ["one two", "three four"]);
  assert.deepEqual(paragraphs(""), []);
});
