import type { RefObject } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { drafts } from "../state/notebook";
import { mode, select, selected } from "../state/selection";

interface TextFieldProps {
  cell: string;
  source: string;
  label: string;
  prose?: boolean | undefined;
  area: RefObject<HTMLTextAreaElement | null>;
}

/** TextField is the text of a cell in a plain field, as tall as the text. */
export function TextField({ cell, source, label, prose, area }: TextFieldProps) {
  const text = drafts.of(cell) ?? source;
  const editing = selected.value === cell && mode.value === "edit";

  useLayoutEffect(() => {
    const a = area.current;
    if (a === null) return;
    a.style.height = "auto";
    a.style.height = `${a.scrollHeight + 2}px`;
  }, [text]);
  useEffect(() => {
    if (editing) area.current?.focus({ preventScroll: false });
    else if (document.activeElement === area.current) area.current?.blur();
  }, [editing]);

  return (
    <textarea ref={area} class={prose ? "editor prose-editor" : "editor"} aria-label={label} rows={1} value={text}
      spellcheck={prose === true} autocomplete="off"
      onFocus={() => { if (!editing) select(cell, "edit"); }}
      onBlur={() => void drafts.flush(cell)}
      onInput={(e) => drafts.set(cell, e.currentTarget.value)} />
  );
}
