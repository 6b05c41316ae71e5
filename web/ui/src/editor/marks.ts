import { StateEffect, StateField, type EditorState, type Range } from "@codemirror/state";
import { Decoration, EditorView, type DecorationSet } from "@codemirror/view";
import type { Place } from "./places";

/** Problem is what an error says of a place. */
export interface Problem extends Place {
  text: string;
}

/** showProblem marks the line of an error; null takes the mark away. */
export const showProblem = StateEffect.define<Problem | null>();

const markerLine = Decoration.line({ class: "cm-marker-line" });

/** problemMark is the line that the last error names, until the text is changed. */
export const problemMark = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, tr) {
    for (const effect of tr.effects) if (effect.is(showProblem)) return problemAt(tr.state, effect.value);
    return tr.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function problemAt(state: EditorState, problem: Problem | null): DecorationSet {
  if (problem === null || problem.line < 1 || problem.line > state.doc.lines) return Decoration.none;
  const line = Decoration.line({ class: "cm-problem-line", attributes: { title: problem.text } });
  return Decoration.set([line.range(state.doc.line(problem.line).from)]);
}

/** markerMark sets the first line of a cell apart where it is a marker. */
export const markerMark = EditorView.decorations.compute(["doc"], (state) => {
  const marks: Range<Decoration>[] = /^\s*%%/.test(state.doc.line(1).text) ? [markerLine.range(0)] : [];
  return Decoration.set(marks);
});
