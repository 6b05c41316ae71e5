import { partsOf } from "../editor/places";
import { goToPlace } from "../state/caret";
import { Icon } from "../ui/Icon";
import { wasStopped } from "./shown";

interface ErrorOutputProps {
  cell: string;
  name: string;
  message: string;
  traceback: string;
}

/** ErrorOutput says what went wrong as a sentence; the trace is there for those who ask. */
export function ErrorOutput({ cell, name, message, traceback }: ErrorOutputProps) {
  const quiet = wasStopped(name);
  const more = traceback.trim() !== "" && traceback.trim() !== message.trim() && traceback.trim() !== `${name}: ${message}`;
  return (
    <div class={quiet ? "error-output stopped" : "error-output"} role={quiet ? "status" : "alert"}>
      <Icon name={quiet ? "stop" : "problem"} />
      <div>
        <p><b>{quiet ? "Stopped" : "Failed"}</b> <Placed cell={cell} text={message || name} /></p>
        {more && <details><summary>Trace</summary><pre><Placed cell={cell} text={traceback} /></pre></details>}
      </div>
    </div>
  );
}

/** Placed is a message whose lines of the cell lead to them. */
function Placed({ cell, text }: { cell: string; text: string }) {
  return (
    <>
      {partsOf(text).map(({ text: words, place }, i) => place === null ? words
        : <button key={i} type="button" class="link place" title="Go to the line" onClick={(e) => { e.stopPropagation(); goToPlace(cell, place); }}>{words}</button>)}
    </>
  );
}
