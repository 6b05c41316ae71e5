// CodeMirror as the page uses it. This module is its own chunk and loads when the
// page is idle.

import { acceptCompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { go } from "@codemirror/lang-go";
import { sql, SQLite } from "@codemirror/lang-sql";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { Annotation, Compartment, EditorState, Prec, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers, type KeyBinding } from "@codemirror/view";
import { assistance, closeInspected, completeOrIndent, inspect, type Helper } from "./assist";
import { languageOf, type Language } from "./language";
import { markerMark, problemMark, showProblem, type Problem } from "./marks";
import type { Place } from "./places";
import { theme } from "./theme";

export interface EditorOptions extends Helper {
  text: string;
  caretAt: number;
  label: string;
  changed: (text: string) => void;
  focused: () => void;
  blurred: () => void;
}

/** CodeEditor is one editor in the page. */
export interface CodeEditor {
  setText: (text: string) => void;
  setProblem: (problem: Problem | null) => void;
  focus: (place?: Place) => void;
  blur: () => void;
  destroy: () => void;
}

const fromOutside = Annotation.define<boolean>();

/** createEditor puts an editor into an element. */
export function createEditor(parent: HTMLElement, options: EditorOptions): CodeEditor {
  const language = new Compartment();
  let shown = languageOf(options.text);
  const follow = EditorView.updateListener.of((update) => {
    if (update.focusChanged) (update.view.hasFocus ? options.focused : options.blurred)();
    if (update.focusChanged && !update.view.hasFocus) closeCompletion(update.view);
    if (!update.docChanged) return;
    const text = update.state.doc.toString();
    if (!update.transactions.some((tr) => tr.annotation(fromOutside))) options.changed(text);
    if (languageOf(text) === shown) return;
    shown = languageOf(text);
    update.view.dispatch({ effects: language.reconfigure(grammar(shown)) });
  });
  const state = EditorState.create({ doc: options.text, selection: { anchor: Math.min(options.caretAt, options.text.length) }, extensions: [language.of(grammar(shown)), extensions(options), follow] });
  const view = new EditorView({ state, parent });
  return {
    setText: (text) => replace(view, text),
    setProblem: (problem) => view.dispatch({ effects: showProblem.of(problem) }),
    focus: (place) => focus(view, place),
    blur: () => view.contentDOM.blur(),
    destroy: () => view.destroy(),
  };
}

function grammar(language: Language): Extension {
  if (language === "sql") return sql({ dialect: SQLite });
  return language === "go" ? go() : [];
}

function extensions(options: EditorOptions): Extension {
  return [
    history(), drawSelection(), bracketMatching(), closeBrackets(), lineNumbers(), indentUnit.of("\t"), EditorState.tabSize.of(4), EditorView.lineWrapping,
    markerMark, problemMark, theme, assistance(options),
    EditorView.contentAttributes.of({ class: "editor", "aria-label": options.label, spellcheck: "false" }),
    EditorView.editorAttributes.of((view) => ({ class: view.state.doc.lines < 2 ? "one-line" : "" })),
    Prec.high(keymap.of([
      { key: "Tab", run: acceptCompletion }, { key: "Tab", run: completeOrIndent }, { key: "Shift-Tab", run: (view) => inspect(options, view) },
      { key: "Escape", run: closeInspected },
    ])),
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap.flatMap(withoutOurs)]),
  ];
}

/** withoutOurs leaves the keys out that run cells or leave the text. */
function withoutOurs(binding: KeyBinding): KeyBinding[] {
  if (binding.key === "Mod-Enter" || binding.key === "Ctrl-m" || binding.key === "Escape") return [];
  if (binding.key !== "Enter") return [binding];
  const { shift: _, ...rest } = binding;
  return [rest];
}

/** replace changes only what differs, so that the caret stays. */
function replace(view: EditorView, text: string): void {
  const old = view.state.doc.toString();
  if (old === text) return;
  let from = 0;
  while (from < old.length && from < text.length && old[from] === text[from]) from++;
  let cut = 0;
  while (cut < old.length - from && cut < text.length - from && old[old.length - 1 - cut] === text[text.length - 1 - cut]) cut++;
  view.dispatch({ changes: { from, to: old.length - cut, insert: text.slice(from, text.length - cut) }, annotations: fromOutside.of(true) });
}

function focus(view: EditorView, place?: Place): void {
  view.focus();
  if (place === undefined || place.line > view.state.doc.lines) return;
  const line = view.state.doc.line(place.line);
  view.dispatch({ selection: { anchor: Math.min(line.to, line.from + Math.max(0, place.column - 1)) }, scrollIntoView: true });
}
