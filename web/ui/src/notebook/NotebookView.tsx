import { cells, notebook } from "../state/notebook";
import { CellFrame } from "../cells/CellFrame";
import { EmptyNotebook } from "./EmptyNotebook";
import { InsertBar } from "./InsertBar";
import { Notices } from "./Notices";

/** NotebookView is the open notebook from its first cell to its last. */
export function NotebookView() {
  if (notebook.value === null) return <p class="nothing" role="status">Opening the notebook.</p>;
  return (
    <div class="notebook">
      <Notices />
      {cells.value.map((cell) => <CellFrame key={cell.id} cell={cell} />)}
      {cells.value.length === 0 ? <EmptyNotebook /> : <InsertBar />}
    </div>
  );
}
