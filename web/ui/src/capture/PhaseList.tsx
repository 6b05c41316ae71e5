import type { Job } from "../api/captures";
import { duration, grouped } from "../tables/number";
import { sentenceCase } from "../ui/words";
import { about, phaseRows, type PhaseRow } from "./words";

const marks: Record<PhaseRow["state"], { sign: string; word: string }> = {
  done: { sign: "✓", word: "done" }, now: { sign: "▸", word: "under way" }, cut: { sign: "×", word: "cut short" }, ahead: { sign: "·", word: "to come" },
};

/** PhaseList is the phases of a capture: what they took, what the present one has done, what is to come. */
export function PhaseList({ job }: { job: Job }) {
  return (
    <ol class="phases" aria-label="Phases">
      {phaseRows(job, Date.now()).map((p) => (
        <li key={p.name} class={p.state} aria-current={p.state === "now" ? "step" : undefined}>
          <span class="mark" role="img" aria-label={marks[p.state].word}>{marks[p.state].sign}</span>
          <span>{sentenceCase(p.title)}</span>
          <span class="quiet">{p.state === "ahead" ? (p.expect > 0 ? about(p.expect) : "") : duration(p.spent)}</span>
          {p.state === "now" && <PhaseProgress done={job.done ?? 0} total={job.total ?? 0} />}
        </li>
      ))}
    </ol>
  );
}

function PhaseProgress({ done, total }: { done: number; total: number }) {
  return (
    <span class="progress">
      <progress value={total > 0 ? Math.min(1, done / total) : undefined} max={1} aria-label="Progress of the phase" />
      {total > 0 && <span>{grouped(String(done))} of {grouped(String(total))}</span>}
    </span>
  );
}
