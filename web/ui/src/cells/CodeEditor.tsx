import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type * as CodeMirror from "../editor/codemirror";
import type { Problem } from "../editor/marks";
import { caret } from "../state/caret";
import { complete, drafts, inspect } from "../state/notebook";
import { mode, select, selected } from "../state/selection";

interface CodeEditorProps {
  cell: string;
  source: string;
  label: string;
  problem: Problem | null;
  /** caretAt is where the caret is to begin, in UTF-16 units; undefined for the end of the text. */
  caretAt: number | undefined;
  make: typeof CodeMirror.createEditor;
}

/** CodeEditor is the text of a code cell with the colors of its language, completion, and the line of its error. */
export function CodeEditor({ cell, source, label, problem, make, caretAt }: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeMirror.CodeEditor | null>(null);
  const text = drafts.of(cell) ?? source;
  const editing = selected.value === cell && mode.value === "edit";
  const place = caret.value?.cell === cell ? caret.value.place : undefined;

  useLayoutEffect(() => {
    editor.current = make(host.current!, {
      text, label, caretAt: caretAt ?? text.length, complete, inspect,
      changed: (typed) => drafts.set(cell, typed),
      focused: () => { if (selected.peek() !== cell || mode.peek() !== "edit") select(cell, "edit"); },
      blurred: () => void drafts.flush(cell),
    });
    return () => editor.current?.destroy();
  }, [cell, make]);
  // A draft is what was typed here, and may be older than what the editor holds by now.
  const taken = drafts.of(cell) === undefined;
  useLayoutEffect(() => { if (drafts.of(cell) === undefined) editor.current?.setText(source); }, [source, taken]);
  useEffect(() => editor.current?.setProblem(problem), [problem?.text, problem?.line]);
  useEffect(() => {
    if (editing) editor.current?.focus(place);
    else if (host.current?.contains(document.activeElement)) editor.current?.blur();
    if (place !== undefined) caret.value = null;
  }, [editing, place]);

  return <div ref={host} class="code-editor" />;
}
