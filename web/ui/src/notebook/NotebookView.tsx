import { cells, complaint, notebook } from "../state/notebook";
import { asSentence } from "../ui/words";
import { CellFrame } from "../cells/CellFrame";
import { EmptyNotebook } from "./EmptyNotebook";
import { InsertBar } from "./InsertBar";

/** kernelEnd says that the kernel has ended, and why where that is known. */
function kernelEnd(message: string): string {
  const reason = asSentence(message);
  return /^The kernel (has )?ended\b/.test(reason) ? reason : `The kernel has ended. ${reason}`.trim();
}

/** NotebookView is the open notebook from its first cell to its last. */
export function NotebookView() {
  const document = notebook.value;
  if (document === null) return <p class="nothing" role="status">Opening the notebook.</p>;
  return (
    <div class="notebook">
      {document.kernel === "dead" && (
        <p class="banner" role="alert">{kernelEnd(document.kernelMessage)} Nothing is lost: restart it and run the cells again.</p>
      )}
      {document.saveMessage && <p class="banner" role="alert">{document.saveMessage}</p>}
      {complaint.value?.cell === "" && <p class="banner" role="alert">{complaint.value.text}</p>}
      {cells.value.map((cell) => <CellFrame key={cell.id} cell={cell} />)}
      {cells.value.length === 0 ? <EmptyNotebook /> : <InsertBar />}
    </div>
  );
}
