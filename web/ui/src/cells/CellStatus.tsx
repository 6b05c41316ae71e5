import type { Bundle, Cell } from "../api/types";
import { now } from "../state/clock";
import { duration } from "../tables/number";
import { wasStopped } from "./shown";

/** CellStatus says in a few words how a cell stands. */
export function CellStatus({ cell, bundle }: { cell: Cell; bundle?: Bundle }) {
  return (
    <span class={`status ${isStopped(cell) ? "stopped" : cell.stale ? "stale" : cell.state}`} role="status">
      {words(cell, bundle)}
      {cell.executionCount !== null && <span class="count" title="How many cells had run in this kernel"> [{cell.executionCount}]</span>}
    </span>
  );
}

function words(cell: Cell, bundle?: Bundle): string {
  switch (cell.state) {
    case "queued":
      return "Waiting for the cells before it";
    case "running":
      return `Running, ${duration(elapsed(cell))}`;
    case "error":
      return `${isStopped(cell) ? "Stopped" : "Failed"}${cell.elapsedNs > 0 ? ` after ${duration(cell.elapsedNs)}` : ""}`;
    case "done":
      if (cell.stale) return `Out of date. ${cell.stale}`;
      if (cell.reused) return "From cache";
      return cell.elapsedNs > 0 ? duration(cell.elapsedNs) : "";
    case "idle":
      return bundle ? "Saved result" : "Not run yet";
  }
}

/** isStopped reports a cell that ended because somebody stopped it. */
export function isStopped(cell: Cell): boolean {
  return (cell.outputs ?? []).some((o) => o.output_type === "error" && wasStopped(o.ename));
}

function elapsed(cell: Cell): number {
  const started = cell.startedAt === null ? NaN : Date.parse(cell.startedAt);
  return Number.isNaN(started) ? cell.elapsedNs : Math.max(0, now.value - started) * 1e6;
}
