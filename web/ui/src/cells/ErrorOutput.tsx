import { Icon } from "../ui/Icon";
import { wasStopped } from "./shown";

/** ErrorOutput says what went wrong as a sentence; the trace is there for those who ask. */
export function ErrorOutput({ name, message, traceback }: { name: string; message: string; traceback: string }) {
  const quiet = wasStopped(name);
  const more = traceback.trim() !== "" && traceback.trim() !== message.trim() && traceback.trim() !== `${name}: ${message}`;
  return (
    <div class={quiet ? "error-output stopped" : "error-output"} role={quiet ? "status" : "alert"}>
      <Icon name={quiet ? "stop" : "problem"} />
      <div>
        <p><b>{quiet ? "Stopped" : "Failed"}</b> {message || name}</p>
        {more && <details><summary>Trace</summary><pre>{traceback}</pre></details>}
      </div>
    </div>
  );
}
