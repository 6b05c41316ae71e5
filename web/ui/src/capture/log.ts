import type { JobEvent } from "../api/captures";

/** Line is one line of a capture's log. */
export interface Line {
  seq: number;
  time: string;
  source: string;
  text: string;
}

/** Log is the lines that came so far; it is never changed, only replaced. */
export class Log {
  constructor(readonly lines: Line[] = [], readonly last = 0) {}

  /** with is the log and what came after it; what was there already is not taken twice. */
  with(events: JobEvent[]): Log {
    const fresh = events.filter((e) => e.seq > this.last);
    if (fresh.length === 0) return this;
    const lines = fresh.filter((e) => e.kind === "log").map((e) => ({ seq: e.seq, time: e.time, source: e.source ?? "", text: e.text ?? "" }));
    return new Log(lines.length > 0 ? this.lines.concat(lines) : this.lines, fresh.at(-1)!.seq);
  }

  /** sources are the programs that wrote, in the order of their first lines. */
  get sources(): string[] {
    return [...new Set(this.lines.map((l) => l.source))];
  }
}

/** matching are the lines of a source ("" for all) that have a text in them, whatever the case. */
export function matching(lines: Line[], source: string, text: string): Line[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "" && source === "") return lines;
  return lines.filter((l) => (source === "" || l.source === source) && (wanted === "" || l.text.toLowerCase().includes(wanted)));
}

/** clock is the time of day of a line, "14:03:07". */
export function clock(time: string): string {
  const t = new Date(time);
  return [t.getHours(), t.getMinutes(), t.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");
}
