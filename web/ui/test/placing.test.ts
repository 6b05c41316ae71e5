import assert from "node:assert/strict";
import { test } from "node:test";
import { Labels } from "../src/charts/labels";
import { around, beside, Placed, type Box } from "../src/charts/placing";
import type { Chart, Series } from "../src/api/types";

const frame: Box = { x0: 0, y0: 0, x1: 400, y1: 300 };
const meet = (a: Box, b: Box) => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;

test("names stay off dots, off each other and in the frame", () => {
  const dots = [{ x: 100, y: 100, r: 8 }, { x: 118, y: 102, r: 8 }, { x: 395, y: 150, r: 5 }, { x: 100, y: 118, r: 4 }];
  const placed = new Placed(frame, { dots, lines: [] });
  const boxes = dots.map((d) => placed.put(around(d, 60, 12)));
  boxes.forEach((box, i) => {
    assert.ok(box !== null, `name ${i} has no place`);
    assert.ok(box.x0 >= 0 && box.x1 <= 400, `name ${i} leaves the frame`);
    for (const d of dots) assert.ok(!meet(box, { x0: d.x - d.r, y0: d.y - d.r, x1: d.x + d.r, y1: d.y + d.r }), `name ${i} covers a dot`);
    boxes.slice(0, i).forEach((other, k) => assert.ok(!meet(box, other!), `names ${i} and ${k} meet`));
  });
});

test("roofs that are close have their names apart, and none on another roof", () => {
  const roofs: [number, number][][] = [[[200, 50], [400, 50]], [[180, 60], [400, 60]], [[160, 70], [400, 70]]];
  const placed = new Placed(frame, { dots: [{ x: 350, y: 75, r: 10 }], lines: roofs });
  const boxes = roofs.map((r) => placed.put(beside(r, 90, 12))).filter((b) => b !== null);
  assert.equal(boxes.length, 3);
  boxes.forEach((box, i) => boxes.slice(0, i).forEach((other) => assert.ok(!meet(box, other))));
});

test("a name without room is not put", () => {
  const placed = new Placed({ x0: 0, y0: 0, x1: 50, y1: 50 }, { dots: [], lines: [] });
  assert.equal(placed.put(around({ x: 25, y: 25, r: 4 }, 60, 12)), null);
});

test("labels are placed anew at each layout", () => {
  const chart: Chart = { name: "c", title: "C", kind: "scatter", x: { label: "" }, y: { label: "" }, series: [{ name: "p", x: [1, 2], y: [1, 2], labels: ["a", "b"] }] };
  const labels = new Labels(chart, { x: [0, 4], y: [0, 4] }, (s: Series) => s.kind === "line", () => 4);
  const at = (dataIndex: number) => labels.at({ seriesIndex: 0, dataIndex, labelRect: { width: 20, height: 10 } });
  assert.deepEqual(at(0), {}); // not drawn yet
  let scale = 100;
  labels.locate = ([x, y]) => [x * scale, 400 - y * scale];
  assert.deepEqual([at(0), at(1)], [{ x: 108, y: 300, align: "left", verticalAlign: "middle" }, { x: 208, y: 200, align: "left", verticalAlign: "middle" }]);
  scale = 50;
  assert.deepEqual(at(0), { x: 58, y: 350, align: "left", verticalAlign: "middle" });
});
