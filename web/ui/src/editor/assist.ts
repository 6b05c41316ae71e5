import { autocompletion, startCompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { indentLess, indentMore } from "@codemirror/commands";
import { StateEffect, StateField, type Extension } from "@codemirror/state";
import { EditorView, hoverTooltip, showTooltip, type Tooltip } from "@codemirror/view";
import type { Completion, Inspection } from "../api/types";
import { pointsBefore, positionOf } from "./places";

/** Helper answers what an editor asks; positions are in code points. */
export interface Helper {
  complete: (source: string, pos: number) => Promise<Completion>;
  inspect: (source: string, pos: number) => Promise<Inspection>;
}

/** assistance is completion as one types, and what is known of what stands at a place. */
export function assistance(helper: Helper): Extension {
  return [
    autocompletion({ override: [(context) => complete(helper, context)], icons: false, activateOnTypingDelay: 150, maxRenderedOptions: 60 }),
    inspected,
    hoverTooltip((view, pos) => tooltip(helper, view, pos), { hoverTime: 600 }),
  ];
}

async function complete(helper: Helper, context: CompletionContext): Promise<CompletionResult | null> {
  const before = context.matchBefore(/[%\w.\-/]+$/);
  if (before === null && !context.explicit) return null;
  const text = context.state.doc.toString();
  const { matches, start } = await helper.complete(text, pointsBefore(text, context.pos));
  // The cell may have been run, and left, meanwhile.
  if (context.aborted || matches.length === 0 || context.view?.hasFocus === false) return null;
  const options = matches.map((m) => (m.type === "" ? { label: m.text } : { label: m.text, detail: m.type }));
  return { from: positionOf(text, start), options, validFor: /^[\w\-]*$/ };
}

async function tooltip(helper: Helper, view: EditorView, pos: number): Promise<Tooltip | null> {
  const text = view.state.doc.toString();
  const found = await helper.inspect(text, pointsBefore(text, pos));
  if (found.text === "" && found.html === "") return null;
  return { pos, above: true, create: () => ({ dom: leaflet(found) }) };
}

/** leaflet shows what is known. The server's HTML holds no foreign markup. */
function leaflet(found: Inspection): HTMLElement {
  const dom = document.createElement("div");
  dom.className = "inspection prose";
  dom.setAttribute("role", "note");
  if (found.html !== "") dom.innerHTML = found.html;
  else dom.appendChild(document.createElement("pre")).textContent = found.text;
  return dom;
}

const setInspected = StateEffect.define<Tooltip | null>();

/** inspected is the leaflet that was asked for by a key, until the caret moves. */
const inspected = StateField.define<Tooltip | null>({
  create: () => null,
  update(shown, tr) {
    for (const effect of tr.effects) if (effect.is(setInspected)) return effect.value;
    return tr.docChanged || tr.selection ? null : shown;
  },
  provide: (field) => showTooltip.from(field),
});

/** inspect is the command of Shift-Tab: at the start of a line, or with a selection, it takes indentation away. */
export function inspect(helper: Helper, view: EditorView): boolean {
  const { main } = view.state.selection;
  const line = view.state.doc.lineAt(main.head);
  if (!main.empty || line.text.slice(0, main.head - line.from).trim() === "") return indentLess(view);
  const before = view.state;
  void tooltip(helper, view, main.head).then((shown) => {
    if (view.state.doc === before.doc) view.dispatch({ effects: setInspected.of(shown) });
  });
  return true;
}

/** completeOrIndent is the command of Tab: behind a word it completes, elsewhere it indents. */
export function completeOrIndent(view: EditorView): boolean {
  const { main } = view.state.selection;
  const before = view.state.sliceDoc(Math.max(0, main.head - 1), main.head);
  return main.empty && /\S/.test(before) ? startCompletion(view) : indentMore(view);
}

/** closeInspected puts the leaflet away and says whether there was one. */
export function closeInspected(view: EditorView): boolean {
  if (view.state.field(inspected, false) == null) return false;
  view.dispatch({ effects: setInspected.of(null) });
  return true;
}
