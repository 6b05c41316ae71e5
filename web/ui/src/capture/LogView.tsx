import { useEffect, useMemo, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { log } from "../state/job";
import { count } from "../tables/number";
import { Button } from "../ui/Button";
import { clock, matching } from "./log";

/** linesShown bounds the lines in the page; earlier ones come when asked for. */
const linesShown = 1000;

/** LogView is what the programs of a capture write, searchable; while it runs, the end stays in view. */
export function LogView({ live }: { live: boolean }) {
  const text = useSignal("");
  const source = useSignal("");
  const follow = useSignal(true);
  const room = useSignal(linesShown);
  const frame = useRef<HTMLDivElement>(null);
  const { lines, sources } = log.value;
  const found = useMemo(() => matching(lines, source.value, text.value), [lines, source.value, text.value]);
  const shown = found.slice(-room.value);
  const narrowed = text.value.trim() !== "" || source.value !== "";
  useEffect(() => {
    if (follow.value && frame.current) frame.current.scrollTop = frame.current.scrollHeight;
  }, [shown.length, lines.length, follow.value]);
  const scrolled = () => {
    const f = frame.current;
    if (f !== null) follow.value = f.scrollHeight - f.scrollTop - f.clientHeight < 24;
  };
  return (
    <section class="log" aria-label="Log">
      <div class="table-tools">
        <h2>Log</h2>
        <span class="quiet">{narrowed ? `${found.length} of ${count(lines.length, "line")}` : count(lines.length, "line")}</span>
        <span class="space" />
        <select aria-label="Which program" value={source.value} onChange={(e) => (source.value = e.currentTarget.value)}>
          <option value="">All programs</option>
          {sources.map((s) => <option key={s} value={s}>{s}</option>)}
        </select>
        <input type="search" placeholder="Search the log" aria-label="Search the log" value={text.value} onInput={(e) => (text.value = e.currentTarget.value)} />
        {live && <Button label="Keep the end in view" icon="down" pressed={follow.value} onClick={() => (follow.value = !follow.value)}>Follow</Button>}
      </div>
      <div ref={frame} class="log-frame" tabIndex={0} role="log" aria-live="off" onScroll={scrolled}>
        {found.length > shown.length && (
          <button type="button" class="link" onClick={() => { follow.value = false; room.value += linesShown; }}>{count(found.length - shown.length, "earlier line")}</button>
        )}
        {shown.map((l) => (
          <div key={l.seq} class={l.source === "profilemate" ? "line own" : "line"}>
            <span class="quiet">{clock(l.time)}</span><span class="quiet">{l.source}</span><span>{l.text}</span>
          </div>
        ))}
        {found.length === 0 && <p class="nothing">{lines.length === 0 ? "Nothing was written yet." : "No line has this text."}</p>}
      </div>
    </section>
  );
}
