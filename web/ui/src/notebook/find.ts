import type { Cell } from "../api/types";

/** findIn gives the positions of the cells that hold a text, letter case ignored. */
export function findIn(cells: Cell[], text: string): number[] {
  const needle = text.trim().toLowerCase();
  if (needle === "") return [];
  return cells.flatMap((cell, i) => (holds(cell.source, needle) || holds(cell.outputs, needle) ? [i] : []));
}

/** holds looks through the strings of an output, without the names of its fields. */
function holds(value: unknown, needle: string): boolean {
  if (typeof value === "string") return value.toLowerCase().includes(needle);
  if (typeof value === "number") return String(value).includes(needle);
  if (Array.isArray(value)) return value.some((v) => holds(v, needle));
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, v]) => name !== "image/svg+xml" && name !== "text/html" && holds(v, needle));
}
