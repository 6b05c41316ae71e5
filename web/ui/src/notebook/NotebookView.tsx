import { cells, complaint, notebook } from "../state/notebook";
import { CellFrame } from "../cells/CellFrame";
import { EmptyNotebook } from "./EmptyNotebook";
import { InsertBar } from "./InsertBar";

/** NotebookView is the open notebook from its first cell to its last. */
export function NotebookView() {
  const document = notebook.value;
  if (document === null) return <p class="nothing" role="status">Opening the notebook.</p>;
  return (
    <div class="notebook">
      {document.kernel === "dead" && (
        <p class="banner" role="alert">The kernel has ended. {document.kernelMessage} Nothing is lost: restart it and run the cells again.</p>
      )}
      {document.saveMessage && <p class="banner" role="alert">{document.saveMessage}</p>}
      {complaint.value?.cell === "" && <p class="banner" role="alert">{complaint.value.text}</p>}
      {cells.value.map((cell) => <CellFrame key={cell.id} cell={cell} />)}
      {cells.value.length === 0 ? <EmptyNotebook /> : <InsertBar />}
    </div>
  );
}
