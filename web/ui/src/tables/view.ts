import type { Field, Value } from "../api/types";

/** View is what a reader asked a table to show. The page shows a window of it. */
export interface View {
  offset: number;
  sort: string; // column name, "-" before it for descending; empty for the table's own order
  filter: string; // text, or "column:text"
  only?: { column: string; values: string[] }; // the rows that a finding speaks of
}

export const pageRows = 50;

export const firstView: View = { offset: 0, sort: "", filter: "" };

/** toggled is the sort after a click on a header: numbers largest first, then the other way, then none. */
export function toggled(sort: string, column: Field): string {
  const up = column.name;
  const down = "-" + column.name;
  const order = column.kind === "string" ? [up, down] : [down, up];
  if (sort === order[0]) return order[1]!;
  if (sort === order[1]) return "";
  return order[0]!;
}

/** select filters and sorts as the server does it: see workbench/result/view.go. */
export function select(fields: Field[], rows: Value[][], view: View): Value[][] {
  return sorted(fields, filtered(fields, picked(fields, rows, view), view.filter), view.sort);
}

function picked(fields: Field[], rows: Value[][], { only }: View): Value[][] {
  if (only === undefined) return rows;
  const index = fields.findIndex((f) => f.name === only.column);
  const values = new Set(only.values);
  return rows.filter((row) => values.has(String(row[index] ?? "")));
}

function filtered(fields: Field[], rows: Value[][], filter: string): Value[][] {
  if (filter.trim() === "") return rows;
  const { column, text } = parseFilter(fields, filter);
  const needle = text.toLowerCase();
  const holds = (v: Value | undefined) => v !== null && v !== undefined && String(v).toLowerCase().includes(needle);
  return rows.filter((row) => (column < 0 ? row.some(holds) : holds(row[column])));
}

function parseFilter(fields: Field[], filter: string): { column: number; text: string } {
  const at = filter.indexOf(":");
  const column = at > 0 ? fields.findIndex((f) => f.name === filter.slice(0, at)) : -1;
  return column < 0 ? { column, text: filter } : { column, text: filter.slice(at + 1) };
}

function sorted(fields: Field[], rows: Value[][], sort: string): Value[][] {
  if (sort === "") return rows;
  const down = sort.startsWith("-");
  const index = fields.findIndex((f) => f.name === (down ? sort.slice(1) : sort));
  if (index < 0) return rows;
  const numeric = fields[index]!.kind !== "string";
  return [...rows].sort((a, b) => compare(a[index] ?? null, b[index] ?? null, numeric, down));
}

function compare(a: Value, b: Value, numeric: boolean, down: boolean): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  const order = numeric ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0;
  return down ? -order : order;
}
