import type { Cell } from "../api/types";
import { dragged, drop, endDrag, over, target } from "../state/drag";
import { complaint, indexOf, moveCell, runAbove } from "../state/notebook";
import { mode, remove, select, selected } from "../state/selection";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { isStopped } from "./CellStatus";
import { CodeCell } from "./CodeCell";
import { MarkdownCell } from "./MarkdownCell";

/** CellFrame is a cell's place in the notebook: where the keys act, and what can be done with the whole of it. */
export function CellFrame({ cell }: { cell: Cell }) {
  const chosen = selected.value === cell.id;
  const failed = complaint.value?.cell === cell.id ? complaint.value.text : "";
  const classes = ["cell", cell.cellType, cell.state === "error" && isStopped(cell) ? "stopped" : cell.state, chosen ? "selected" : "", chosen && mode.value === "edit" ? "editing" : "", cell.stale ? "stale" : "", dropMark(cell.id)];
  return (
    <article id={cell.id} class={classes.filter(Boolean).join(" ")} aria-current={chosen ? "true" : undefined} tabIndex={-1}
      onDragOver={(e) => { if (dragged.value === "") return; e.preventDefault(); over(cell.id, inLowerHalf(e)); }}
      onDrop={(e) => { e.preventDefault(); drop(); }}
      onMouseDown={(e) => select(cell.id, isEditor(e.target) ? "edit" : "command")}>
      <div class="cell-tools">
        <span class="button grip" draggable title="Drag to move the cell" aria-hidden="true"
          onDragStart={(e) => { e.dataTransfer?.setData("text/plain", cell.source); dragged.value = cell.id; }} onDragEnd={endDrag}><Icon name="grip" /></span>
        {cell.cellType === "code" && <Button label="Run the cells above" icon="above" onClick={() => void runAbove(cell.id)} />}
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
  return target instanceof Element && target.closest(".editor") !== null;
}

/** dropMark shows where a dragged cell would go. */
function dropMark(id: string): string {
  if (dragged.value === id) return "dragged";
  return target.value?.cell !== id ? "" : target.value.below ? "drop-below" : "drop-above";
}

function inLowerHalf(e: DragEvent & { currentTarget: HTMLElement }): boolean {
  const box = e.currentTarget.getBoundingClientRect();
  return e.clientY > box.top + box.height / 2;
}
