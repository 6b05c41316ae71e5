import * as rest from "../api/rest";
import type { Preview, Variable } from "../api/types";
import { TableView } from "./table";

const firstRows = 50;

/** previewOf is a view of a variable's rows: of the store, or those that came along; null where it is no table. */
export async function previewOf(v: Variable): Promise<TableView | null> {
  if (v.key && v.table) {
    const page = await rest.tablePage(v.key, v.table, { offset: 0, limit: firstRows, sort: "", filter: "" }, new AbortController().signal);
    return new TableView(v.key, { name: v.table, title: v.name, columns: page.columns, total: page.total, rows: page.rows });
  }
  const preview: Preview | undefined = v.preview;
  return preview === undefined ? null : new TableView("", { ...preview, title: v.name });
}
