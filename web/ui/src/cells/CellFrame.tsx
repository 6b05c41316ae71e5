import type { Cell } from "../api/types";
import { complaint, indexOf, moveCell } from "../state/notebook";
import { mode, remove, select, selected } from "../state/selection";
import { Button } from "../ui/Button";
import { isStopped } from "./CellStatus";
import { CodeCell } from "./CodeCell";
import { MarkdownCell } from "./MarkdownCell";

/** CellFrame is a cell's place in the notebook: where the keys act, and what can be done with the whole of it. */
export function CellFrame({ cell }: { cell: Cell }) {
  const chosen = selected.value === cell.id;
  const failed = complaint.value?.cell === cell.id ? complaint.value.text : "";
  const classes = ["cell", cell.cellType, cell.state === "error" && isStopped(cell) ? "stopped" : cell.state, chosen ? "selected" : "", chosen && mode.value === "edit" ? "editing" : ""];
  return (
    <article id={cell.id} class={classes.filter(Boolean).join(" ")} aria-current={chosen ? "true" : undefined} tabIndex={-1}
      onMouseDown={(e) => select(cell.id, isEditor(e.target) ? "edit" : "command")}>
      <div class="cell-tools">
        <Button label="Move up" icon="up" keys="Ctrl-Shift-Up" onClick={() => moveCell(cell.id, indexOf(cell.id) - 1)} />
        <Button label="Move down" icon="down" keys="Ctrl-Shift-Down" onClick={() => moveCell(cell.id, indexOf(cell.id) + 1)} />
        <Button label="Delete" icon="trash" keys="D D" onClick={() => void remove(cell.id)} />
      </div>
      {cell.cellType === "code" ? <CodeCell cell={cell} /> : <MarkdownCell cell={cell} />}
      {failed && <p class="field-problem" role="alert">{failed}</p>}
    </article>
  );
}

function isEditor(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.classList.contains("editor");
}
