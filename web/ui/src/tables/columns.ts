import type { Field, Value } from "../api/types";
import { aligned, decimalsFor, exact, exponential, grouped } from "./number";
import { fold } from "./fold";
import { scaleFor, type Scale } from "./units";

/** Column is how one column of a table is shown, the same way in all of its rows. */
export interface Column {
  field: Field;
  index: number;
  numeric: boolean;
  /** unit is what the header says, after scaling; empty for none. */
  unit: string;
  scale: Scale;
  decimals: number;
  /** names are names of kernels and functions: folded where too long, and easy to copy. */
  names: boolean;
  /** full is the column that has a name in full. */
  full?: number;
  /** family columns carry the color of the kernel family. */
  family: boolean;
}

export interface Shown {
  text: string;
  title: string;
  missing: boolean;
}

const digits = 4;
const mostDecimals = 4;

/** columnsOf decides once, from the rows at hand, how each column is shown. */
export function columnsOf(fields: Field[], rows: Value[][]): Column[] {
  return fields.map((field, index) => {
    const numeric = field.kind === "int64" || field.kind === "float64";
    const values = numeric ? numbers(rows, index) : [];
    const scale = scaleFor(field.unit ?? "", values);
    return {
      field, index, numeric, scale, unit: scale.label,
      decimals: decimalsOf(field, values, scale),
      names: field.kind === "string" && nameColumns.has(field.name), full: fullColumn(fields, field),
      family: field.kind === "string" && (field.name === "family" || field.name === "phase"),
    };
  });
}

function numbers(rows: Value[][], index: number): number[] {
  const out: number[] = [];
  for (const row of rows) {
    const v = row[index];
    if (typeof v === "number") out.push(v);
  }
  return out;
}

function decimalsOf(field: Field, values: number[], scale: Scale): number {
  if (field.kind === "int64" && scale.divisor === 1) return 0;
  let most = 0;
  for (const v of values) most = Math.max(most, shownDecimals(v / scale.divisor));
  return most;
}

function shownDecimals(value: number): number {
  return value === 0 ? 0 : Math.min(mostDecimals, decimalsFor(value, digits));
}

/** fullNames are the columns that hold in full what another one says in short. */
const fullNames: Record<string, string> = { kernel: "name", function: "kernel" };
const nameColumns = new Set(["kernel", "function", "name"]);
const nameWidth = 48; // characters of a name before it loses its middle

function fullColumn(fields: Field[], field: Field): number | undefined {
  const index = fields.findIndex((f) => f.name === fullNames[field.name]);
  return index < 0 ? undefined : index;
}

/** wholeName is a row's name in full, for hover and copy; the stored value where there is none. */
export function wholeName(column: Column, row: Value[]): string {
  const full = column.full === undefined ? null : row[column.full] ?? null;
  return exact(full ?? row[column.index] ?? null);
}

/** show gives a cell's text, and what hovering over it says. */
export function show(column: Column, value: Value): Shown {
  const { field } = column;
  if (value === null) return { text: "—", title: `${field.name}: the data has no value here`, missing: true };
  if (typeof value === "number" && column.numeric) {
    return { text: numeral(column, value), title: withUnit(exact(value), field.unit), missing: false };
  }
  if (column.numeric) return { text: grouped(exact(value)), title: withUnit(exact(value), field.unit), missing: false };
  const text = exact(value);
  return { text: column.names ? fold(text, nameWidth) : text, title: text, missing: false };
}

function withUnit(text: string, unit = ""): string {
  return unit === "" ? text : `${text} ${unit}`;
}

function numeral(column: Column, value: number): string {
  if (column.decimals === 0 && Number.isInteger(value) && column.scale.divisor === 1) return grouped(String(value));
  const scaled = value / column.scale.divisor;
  const decimals = shownDecimals(scaled);
  const size = Math.abs(scaled);
  // What four decimals cannot show gets an exponent, so that it is never a zero.
  if (size > 0 && size < 0.5 * 10 ** -mostDecimals) return exponential(scaled, 2);
  if (size >= 1e15) return exponential(scaled, digits);
  return aligned(grouped(scaled.toFixed(decimals)), column.decimals);
}

/** headerOf is a column's name in words; underscores are for code. */
export function headerOf(field: Field): string {
  return field.name.replaceAll("_", " ");
}
