import type { Cell } from "../api/types";
import { interrupt, runCell } from "../state/notebook";
import { Button } from "../ui/Button";

/** RunButton runs the cell, or stops it while it runs or waits. */
export function RunButton({ cell }: { cell: Cell }) {
  const busy = cell.state === "running" || cell.state === "queued";
  if (busy) return <Button label="Stop" icon="stop" keys="I I" onClick={() => void interrupt()} />;
  return <Button label="Run" icon="run" keys="Shift-Enter" onClick={() => void runCell(cell.id)} />;
}
