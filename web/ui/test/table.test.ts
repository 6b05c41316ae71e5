import assert from "node:assert/strict";
import { test } from "node:test";
import type { Preview } from "../src/api/types";
import { TableView } from "../src/state/table";

// A table of 2,000 rows of which the first 1,000 came with the result.
const preview: Preview = {
  name: "kernels", title: "Kernels", total: 2000, columns: [{ name: "n", kind: "int64" }], rows: Array.from({ length: 1000 }, (_, i) => [i]),
};
const small: Preview = { ...preview, total: 60, rows: preview.rows.slice(0, 60) };
const column = preview.columns[0]!;

type Answer = { status: number; body: unknown };

/** serving runs fn while the server of the page is this function; it gives the paths that were asked for. */
async function serving(answer: (path: string) => Answer, fn: () => Promise<void>): Promise<string[]> {
  const asked: string[] = [];
  const before = { fetch: globalThis.fetch, sessionStorage: globalThis.sessionStorage, document: globalThis.document };
  Object.assign(globalThis, {
    sessionStorage: { getItem: () => "secret" }, document: { cookie: "" },
    fetch: (path: string, init: { headers: Record<string, string> }) => {
      asked.push(path);
      assert.equal(init.headers["Authorization"], "token secret");
      const { status, body } = answer(path);
      return Promise.resolve(new Response(JSON.stringify(body), { status }));
    },
  });
  try {
    await fn();
  } finally {
    Object.assign(globalThis, before);
  }
  return asked;
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 30));

test("a small table is sorted and paged without the server", async () => {
  const view = new TableView("k", small);
  const asked = await serving(() => ({ status: 500, body: {} }), async () => {
    assert.equal(view.window.value.rows.length, 50);
    view.sort(column);
    assert.deepEqual(view.window.value.rows[0], [59]);
    view.page(50);
    assert.deepEqual([view.window.value.rows.length, view.window.value.matched], [10, 60]);
    await settle();
  });
  assert.deepEqual(asked, []);
});

test("what lies beyond the preview is asked for, sorted by the server", async () => {
  const view = new TableView("k/1", preview);
  const page = { columns: preview.columns, total: 2000, matched: 2000, offset: 0, rows: [[1999]] };
  const asked = await serving(() => ({ status: 200, body: page }), async () => {
    view.page(50);
    assert.deepEqual(view.window.value.rows[0], [50]);
    view.page(1000);
    await settle();
    view.sort(column);
    await settle();
    assert.deepEqual(view.window.value, { rows: [[1999]], matched: 2000 });
    assert.equal(view.asking.value, false);
  });
  assert.deepEqual(asked, [
    "/api/workbench/results/k%2F1/tables/kernels?offset=1000&limit=50",
    "/api/workbench/results/k%2F1/tables/kernels?offset=0&limit=50&sort=-n",
  ]);
});

test("a result that is gone says so and shows the rows at hand", async () => {
  const view = new TableView("k", preview);
  await serving(() => ({ status: 404, body: { kind: "not-found", message: "the result k is not stored" } }), async () => {
    view.page(1500);
    await settle();
  });
  assert.equal(view.note.value, "The rest of this table is no longer stored: run the cell again. Shown are the first 1000 of 2000 rows.");
  assert.deepEqual([view.view.value.offset, view.window.value.rows[0]], [0, [0]]);
});

test("the rows of a finding are shown at once, and all again", () => {
  const view = new TableView("", preview);
  view.pick({ column: "n", values: ["7", "12"] });
  assert.deepEqual(view.window.value, { rows: [[7], [12]], matched: 2 });
  view.pick(undefined);
  assert.equal(view.window.value.matched, 2000);
});

test("an older answer does not replace a newer one", async () => {
  const view = new TableView("k", preview);
  const asked = await serving((path) => ({ status: 200, body: { matched: 2000, rows: [[path.includes("offset=1000") ? 1000 : 1500]] } }), async () => {
    view.page(1000);
    view.page(1500);
    await settle();
  });
  assert.equal(asked.length, 1);
  assert.deepEqual(view.window.value.rows, [[1500]]);
});
