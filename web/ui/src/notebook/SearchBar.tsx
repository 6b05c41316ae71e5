import { useEffect, useRef } from "preact/hooks";
import { cells, indexOf } from "../state/notebook";
import { search } from "../state/overlay";
import { reveal, select, selected } from "../state/selection";
import { Button } from "../ui/Button";
import { findIn } from "./find";

/** SearchBar finds text in cells, their outputs included. */
export function SearchBar() {
  const input = useRef<HTMLInputElement>(null);
  const text = search.value;
  useEffect(() => { if (text !== null) input.current?.focus(); }, [text === null]);
  if (text === null) return null;
  const found = findIn(cells.value, text);
  const turn = (by: number) => {
    const at = indexOf(selected.value);
    const next = by > 0 ? found.find((i) => i > at) ?? found[0] : [...found].reverse().find((i) => i < at) ?? found[found.length - 1];
    const cell = next === undefined ? undefined : cells.value[next];
    if (cell === undefined) return;
    select(cell.id);
    reveal(cell.id);
  };
  return (
    <form class="search-bar" role="search" onSubmit={(e) => { e.preventDefault(); turn(1); }}>
      <input ref={input} type="search" value={text} placeholder="Search in the notebook" aria-label="Search in the notebook"
        onInput={(e) => (search.value = e.currentTarget.value)}
        onKeyDown={(e) => { if (e.key === "Escape") { e.stopPropagation(); search.value = null; } else if (e.key === "Enter" && e.shiftKey) { e.preventDefault(); e.stopPropagation(); turn(-1); } }} />
      <span class="quiet" role="status">{text === "" ? "" : found.length === 0 ? "Nothing found" : `In ${found.length} cell${found.length === 1 ? "" : "s"}`}</span>
      <Button label="Previous" icon="up" keys="Shift-Enter" disabled={found.length === 0} onClick={() => turn(-1)} />
      <Button label="Next" icon="down" keys="Enter" disabled={found.length === 0} onClick={() => turn(1)} />
      <Button label="Close" icon="close" keys="Esc" onClick={() => (search.value = null)} />
    </form>
  );
}
