import { signal } from "@preact/signals";
import { indexOf, moveCell } from "./notebook";

/** dragged is the cell that is being dragged, empty for none. */
export const dragged = signal("");
/** target is the cell beside which it would be dropped. */
export const target = signal<{ cell: string; below: boolean } | null>(null);

/** over notes what the pointer is over. */
export function over(cell: string, below: boolean): void {
  if (target.value?.cell !== cell || target.value.below !== below) target.value = { cell, below };
}

/** drop moves the dragged cell to where it was dropped. */
export function drop(): void {
  const id = dragged.value;
  const to = target.value;
  endDrag();
  if (id === "" || to === null || to.cell === id) return;
  const from = indexOf(id);
  const place = indexOf(to.cell) + (to.below ? 1 : 0);
  // Positions are counted without the cell itself.
  const index = place > from ? place - 1 : place;
  if (index !== from) moveCell(id, index);
}

/** endDrag forgets a drag that ended without a drop. */
export function endDrag(): void {
  dragged.value = "";
  target.value = null;
}
