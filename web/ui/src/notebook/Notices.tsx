import { cells, complaint, notebook, refused, restart, restartRunAll, runStale, save } from "../state/notebook";
import type { Conflict } from "../api/types";
import { reveal, select } from "../state/selection";
import { Button } from "../ui/Button";
import { asSentence } from "../ui/words";

/** kernelEnd says that the kernel has ended, and why where that is known. */
function kernelEnd(message: string): string {
  const reason = asSentence(message);
  return /^The kernel (has )?ended\b/.test(reason) ? reason : `The kernel has ended. ${reason}`.trim();
}

/** Notices stand above the cells: what has gone wrong or no longer holds, and what to do about it. */
export function Notices() {
  const document = notebook.value;
  if (document === null) return null;
  return (
    <>
      {refused.value && <p class="banner" role="alert">The workbench was started again and refuses this page. Open the URL that it printed: what was saved is there.</p>}
      {document.kernel === "dead" && (
        <div class="banner" role="alert">
          <p>{kernelEnd(document.kernelMessage)} Nothing is lost: restart it and run the cells again.</p>
          <Button label="Restart the kernel" icon="restart" onClick={() => void restart()}>Restart</Button>
          <Button label="Restart the kernel and run all cells" icon="run" onClick={() => void restartRunAll()}>Restart and run all</Button>
        </div>
      )}
      {document.saveMessage && (
        <div class="banner" role="alert"><p>{asSentence(document.saveMessage)}</p><Button label="Save now" icon="save" onClick={() => void save()}>Save</Button></div>
      )}
      {complaint.value?.cell === "" && <p class="banner" role="alert">{asSentence(complaint.value.text)}</p>}
      <StaleNotice />
      {document.conflicts.map((c) => <ConflictNotice key={c.name} conflict={c} />)}
    </>
  );
}

function StaleNotice() {
  const stale = cells.value.filter((c) => c.stale);
  if (stale.length === 0) return null;
  const first = stale[0]!;
  return (
    <div class="banner stale" role="status">
      <p>{stale.length === 1 ? "One cell is" : `${stale.length} cells are`} out of date. {stale.length === 1 ? first.stale : ""}</p>
      <Button label="Run what is out of date" icon="run" onClick={() => void runStale()}>Run stale</Button>
      <Button label="Go to the first cell that is out of date" icon="down" onClick={() => { select(first.id); reveal(first.id); }}>Show</Button>
    </div>
  );
}

/** cellName is a cell by the count that stands at its right. */
function cellName(id: string): string {
  const count = cells.value.find((c) => c.id === id)?.executionCount ?? null;
  return count === null ? "Cell not run" : `Cell [${count}]`;
}

function ConflictNotice({ conflict }: { conflict: Conflict }) {
  return (
    <div class="banner stale" role="status">
      <p><code>{conflict.name}</code> is defined by {conflict.cells.length} cells: the one that ran last counts.</p>
      {conflict.cells.map((id, i) => <Button key={id} label={`Go to cell ${i + 1} that defines ${conflict.name}`} onClick={() => { select(id); reveal(id); }}>{cellName(id)}</Button>)}
    </div>
  );
}
