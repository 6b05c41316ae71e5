import { useRef } from "preact/hooks";
import { editors } from "../editor/loader";
import type { Problem } from "../editor/marks";
import { CodeEditor } from "./CodeEditor";
import { TextField } from "./TextField";

interface EditorProps {
  cell: string;
  source: string;
  label: string;
  prose?: boolean;
  problem?: Problem | null;
}

/** Editor is the text of a cell: a text field for prose, and for code until its editor is there. */
export function Editor({ cell, source, label, prose, problem }: EditorProps) {
  const field = useRef<HTMLTextAreaElement | null>(null);
  const loaded = editors.value;
  if (loaded === null || prose) return <TextField cell={cell} source={source} label={label} prose={prose} area={field} />;
  // Somebody may be typing into the field that the editor takes the place of.
  return <CodeEditor cell={cell} source={source} label={label} problem={problem ?? null} make={loaded.createEditor} caretAt={field.current?.selectionStart} />;
}
