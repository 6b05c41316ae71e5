import { signal } from "@preact/signals";
import type { Place } from "../editor/places";
import { select } from "./selection";

/** caret is where an editor is asked to put its caret; null where nobody asks. */
export const caret = signal<{ cell: string; place: Place } | null>(null);

/** goToPlace opens a cell's text at a place that an error names. */
export function goToPlace(cell: string, place: Place): void {
  select(cell, "edit");
  caret.value = { cell, place };
}
