import type { Cell } from "../api/types";
import { interrupt, notebook } from "../state/notebook";
import { grouped } from "../tables/number";
import { Button } from "../ui/Button";

/** Progress says what a running cell does, how far it is, and how to stop it. */
export function Progress({ cell }: { cell: Cell }) {
  if (cell.state !== "running") return null;
  const progress = notebook.value?.progress[cell.id];
  const share = progress && progress.total > 0 ? Math.min(1, progress.done / progress.total) : undefined;
  return (
    <div class="progress">
      <progress value={share} max={1} aria-label="Progress of the cell" />
      <span>{progress ? progressWords(progress) : "Running"}</span>
      <Button label="Cancel" keys="I I" onClick={() => void interrupt()}>Cancel</Button>
    </div>
  );
}

/** progressWords: "reading kernels: 120 000 of 289 062". */
export function progressWords(p: { text: string; done: number; total: number }): string {
  const text = p.text || "Running";
  if (p.total > 0) return `${text}: ${grouped(String(p.done))} of ${grouped(String(p.total))}`;
  return p.done > 0 ? `${text}: ${grouped(String(p.done))}` : text;
}
