import type { Entry } from "../api/captures";
import { entries } from "../state/captures";
import { captureAddress, goCapture } from "../state/route";
import { duration } from "../tables/number";
import { sentenceCase } from "../ui/words";
import { about, ended, stateWord } from "./words";

/** CaptureList is the captures of this machine, the newest first. */
export function CaptureList() {
  const list = entries.value;
  if (list === null) return <p class="quiet" role="status">Looking for captures</p>;
  if (list.length === 0) return <p class="nothing">No capture was made yet. Choose what to capture below; nothing runs before you start it.</p>;
  return (
    <div class="table capture-list">
      <div class="table-frame">
        <table>
          <thead><tr><th scope="col">Capture</th><th scope="col">State</th><th scope="col">Begun</th><th scope="col" class="number">Took</th></tr></thead>
          <tbody>{list.map((e) => <Row key={e.id} entry={e} />)}</tbody>
        </table>
      </div>
    </div>
  );
}

function Row({ entry }: { entry: Entry }) {
  const open = (e: MouseEvent) => {
    if (e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    goCapture(entry.id);
  };
  const took = Date.parse(entry.ended ?? "") - Date.parse(entry.created);
  return (
    <tr>
      <td class="text"><a href={captureAddress(entry.id)} title={entry.id} onClick={open}>{sentenceCase(entry.title)}</a></td>
      <td class={`state ${entry.state}`}>{stateWord(entry.state)}{!ended(entry.state) && entry.phase ? `: ${entry.phase}` : ""}</td>
      <td>{new Date(entry.created).toLocaleString()}</td>
      <td class="number">{Number.isFinite(took) ? duration(took * 1e6) : entry.leftNs !== null ? `${about(entry.leftNs)} left` : "—"}</td>
    </tr>
  );
}
