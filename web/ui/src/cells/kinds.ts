import type { Cell } from "../api/types";
import { placeIn } from "../editor/places";
import { languageNames, languageOf } from "../editor/language";
import type { Problem } from "../editor/marks";
import { sentenceCase } from "../ui/words";

/** titleOf is what a code cell is called: its analysis, or its language. */
export function titleOf(cell: Cell, analysis: string | undefined): string {
  return analysis === undefined ? languageNames[languageOf(cell.source)] : sentenceCase(analysis);
}

/** problemOf is the line that a cell's error names, to be marked in its text. */
export function problemOf(cell: Cell): Problem | null {
  for (const output of cell.outputs ?? []) {
    if (output.output_type !== "error") continue;
    const place = placeIn(output.evalue);
    if (place !== null) return { ...place, text: output.evalue };
  }
  return null;
}
