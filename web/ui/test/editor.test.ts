import assert from "node:assert/strict";
import { test } from "node:test";
import { languageOf, pathsOf, sqlStart } from "../src/editor/language";
import { partsOf, placeIn, pointsBefore, positionOf } from "../src/editor/places";

test("the first word names the language, and none is Go", () => {
  const cases: [string, string][] = [
    ["%%sql a.sqlite\nSELECT 1", "sql"], ["\n  %%analysis roofline a.csv", "analysis"], ["%%go\nx := 1", "go"], ["x := 1", "go"], ["", "go"],
    ["%%params\ntop = 3", "params"], ["%%bash\nls", "other"],
  ];
  for (const [source, language] of cases) assert.equal(languageOf(source), language, source);
});

test("a new SQL cell reads what was read last", () => {
  assert.deepEqual(pathsOf('%%sql e=eager.sqlite "my run.sqlite" rows=5 timeout=3s\nSELECT 1'), ["eager.sqlite", '"my run.sqlite"']);
  assert.deepEqual(pathsOf("%%analysis kernel-summary a.sqlite top=20"), ["a.sqlite"]);
  assert.deepEqual(pathsOf("x := 1"), []);
  assert.equal(sqlStart(["%%analysis roofline a.csv", "x := 1", "%%sql b.sqlite\nSELECT 1"]), "%%sql b.sqlite\n");
  assert.equal(sqlStart(["x := 1"]), "%%sql ");
});

test("an error leads to the place that it begins with", () => {
  assert.deepEqual(placeIn("line 3: undefined: x"), { line: 3, column: 0 });
  assert.deepEqual(placeIn("line 2, column 8: no such column: tim"), { line: 2, column: 8 });
  assert.equal(placeIn("a.sqlite has no kernels on line 3"), null);
});

test("the places within a message stand apart from its words", () => {
  const parts = partsOf("Misuse: line 2, column 8: as on line 1");
  assert.deepEqual(parts.map((p) => p.text), ["Misuse: ", "line 2, column 8", ": as on ", "line 1"]);
  assert.deepEqual(parts.map((p) => p.place?.line ?? 0), [0, 2, 0, 1]);
  assert.deepEqual(partsOf("none"), [{ text: "none", place: null }]);
});

test("kernels count code points and editors UTF-16 units", () => {
  const text = "a😀µb";
  assert.equal(text.length, 5);
  assert.equal(pointsBefore(text, 5), 4);
  assert.equal(pointsBefore(text, 3), 2);
  for (const points of [0, 1, 2, 3, 4]) assert.equal(pointsBefore(text, positionOf(text, points)), points);
  assert.equal(positionOf(text, 9), 5);
});
