import { effect, signal } from "@preact/signals";
import type { Call } from "../api/types";
import { sqlStart } from "../editor/language";
import { cells, convertCell, deleteCell, indexOf, insertCall, insertCell, restoreCell } from "./notebook";

export type Mode = "command" | "edit";

/** selected is the cell the keys act on, empty for none. */
export const selected = signal("");
export const mode = signal<Mode>("command");

/** keepSelection moves the selection on when its cell goes. */
export function keepSelection(): void {
  let last = -1;
  effect(() => {
    const list = cells.value;
    const at = list.findIndex((c) => c.id === selected.value);
    if (at >= 0) last = at;
    else if (last < 0 && list.some((c) => c.id === location.hash.slice(1))) {
      select(location.hash.slice(1));
      reveal(location.hash.slice(1));
    } else if (list.length > 0) selected.value = list[Math.min(Math.max(last, 0), list.length - 1)]!.id;
  });
}

export function select(id: string, next: Mode = "command"): void {
  selected.value = id;
  mode.value = next;
}

/** step selects the cell so many places further and brings it into view. */
export function step(by: number): void {
  const next = cells.value[indexOf(selected.value) + by];
  if (next === undefined) return;
  select(next.id);
  reveal(next.id);
}

/** reveal scrolls a cell into view, and only as far as it must. */
export function reveal(id: string): void {
  requestAnimationFrame(() => document.getElementById(id)?.scrollIntoView({ block: "nearest" }));
}

/** add inserts an empty cell beside the selected one and opens it. */
export async function add(cellType: "code" | "markdown", place: "above" | "below", source = ""): Promise<void> {
  open(await insertCell(placeFor(place), cellType, source), "edit");
}

/** addSQL inserts an SQL cell over what the cells before it read. */
export function addSQL(): Promise<void> {
  const before = cells.value.slice(0, placeFor("below")).map((c) => (c.cellType === "code" ? c.source : ""));
  return add("code", "below", sqlStart(before));
}

/** addCall inserts an analysis cell below the selected one. */
export async function addCall(call: Call): Promise<void> {
  open(await insertCall(placeFor("below"), call), "command");
}

function placeFor(place: "above" | "below"): number {
  const at = indexOf(selected.value);
  return at < 0 ? cells.value.length : place === "above" ? at : at + 1;
}

function open(id: string | null, next: Mode): void {
  if (id === null || id === "") return;
  select(id, next);
  reveal(id);
}

/** remove deletes the selected cell; the server keeps it for undoRemove. */
export async function remove(id = selected.value): Promise<void> {
  if (indexOf(id) >= 0) await deleteCell(id);
}

/** undoRemove brings the cell deleted last back, with what it had. */
export async function undoRemove(): Promise<void> {
  open(await restoreCell(), "command");
}

/** convert turns the selected cell into the other kind; it stays the same cell. */
export async function convert(cellType: "code" | "markdown"): Promise<void> {
  const cell = cells.value[indexOf(selected.value)];
  if (cell !== undefined && cell.cellType !== cellType) await convertCell(cell.id, cellType);
}
