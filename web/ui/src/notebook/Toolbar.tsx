import { exportPath, interrupt, link, notebook, opened, reconnect, restart, restartRunAll, runAll, running, runStale, save, unsaved } from "../state/notebook";
import { overlay } from "../state/overlay";
import { add, addSQL } from "../state/selection";
import { dark, panelOpen, togglePanel, toggleTheme } from "../state/settings";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";

/** Toolbar is what can be done with the whole notebook, and how it and its kernel stand. */
export function Toolbar() {
  const document = notebook.value;
  return (
    <header class="toolbar">
      <Button label={panelOpen.value ? "Hide the side panel" : "Show the side panel"} icon="panel" keys="Ctrl-B" pressed={panelOpen.value} onClick={togglePanel} />
      <span class="place" title={opened.value}>{opened.value || "ProfileMate Workbench"}</span>
      {document && <SaveState />}
      <span class="space" />
      {document && <NotebookTools />}
      <Button label="Commands" icon="search" keys="Ctrl-K" onClick={() => (overlay.value = "palette")} />
      <Button label="Keys" icon="keys" keys="?" onClick={() => (overlay.value = "keys")} />
      <Button label={dark.value ? "Light" : "Dark"} icon="moon" onClick={toggleTheme} />
    </header>
  );
}

function NotebookTools() {
  const document = notebook.value;
  if (document === null) return null;
  return (
    <>
      <Button label="Add an analysis cell below" icon="plus" onClick={() => (overlay.value = "palette")}>Analysis</Button>
      <Button label="Add an SQL cell below" icon="plus" onClick={() => void addSQL()}>SQL</Button>
      <Button label="Add a Go cell below" icon="plus" keys="B" onClick={() => void add("code", "below")}>Go</Button>
      <Button label="Add text below" icon="plus" onClick={() => void add("markdown", "below")}>Text</Button>
      <span class="divider" />
      <Button label="Run all cells" icon="run" keys="Ctrl-Shift-Enter" primary onClick={() => void runAll()}>Run all</Button>
      {document.cells.some((c) => c.stale) && <Button label="Run what is out of date" icon="run" onClick={() => void runStale()}>Run stale</Button>}
      {document.reproduced && <span class="badge" role="status" title="Every cell ran in order in a fresh kernel, and nothing has changed since">Reproduced</span>}
      <Button label="Interrupt the kernel" icon="stop" keys="I I" disabled={!running.value} onClick={() => void interrupt()} />
      <Button label="Restart the kernel" icon="restart" keys="0 0" onClick={() => void restart()} />
      <Button label="Restart the kernel and run all cells" icon="again" onClick={() => void restartRunAll()} />
      <KernelState />
      <span class="divider" />
      <Button label="Save" icon="save" keys="Ctrl-S" onClick={() => void save()} />
      <a class="button" href={exportPath()} download title="Export as one HTML file" aria-label="Export as one HTML file"><Icon name="download" /><span>HTML</span></a>
    </>
  );
}

function SaveState() {
  return <span class="quiet" role="status">{unsaved.value ? "Not saved" : "Saved"}</span>;
}

const kernelWords = { starting: "Kernel starting", idle: "Kernel idle", busy: "Kernel busy", dead: "Kernel dead" } as const;

function KernelState() {
  const document = notebook.value;
  if (document === null) return null;
  if (link.value !== "open") {
    return (
      <span class="kernel lost" role="status">
        <i />{link.value === "lost" ? "Connection lost" : "Connecting"}
        <Button label="Connect now" onClick={reconnect}>Retry</Button>
      </span>
    );
  }
  return <span class={`kernel ${document.kernel}`} role="status" title={document.kernelMessage}><i />{kernelWords[document.kernel]}</span>;
}
