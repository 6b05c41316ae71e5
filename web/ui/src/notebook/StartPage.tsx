import { useEffect } from "preact/hooks";
import { info, loadNotebooks, notebooks } from "../state/workbench";
import { goCapture } from "../state/route";
import { Button } from "../ui/Button";
import { newNotebook } from "./commands";
import { NotebookList } from "./NotebookList";

/** StartPage is shown while no notebook is open. */
export function StartPage() {
  useEffect(() => { if (notebooks.peek() === null) void loadNotebooks(); }, []);
  const list = notebooks.value ?? [];
  return (
    <div class="first-steps">
      <h1>ProfileMate Workbench</h1>
      <p>Notebooks about kernel profiles: nsys exports, ncu reports and MoE routing, from {info.value ? <code>{info.value.folder}</code> : "this folder"}.</p>
      {list.length > 0 ? (
        <>
          <h2>Open a notebook</h2>
          <NotebookList />
        </>
      ) : <p>There is no notebook here yet. Begin with a new one, or see a finished one with <code>profilemate serve --demo</code>.</p>}
      <div class="actions"><Button label="New notebook" icon="plus" primary onClick={() => void newNotebook()}>New notebook</Button>
        <Button label="Make a capture" icon="record" onClick={() => goCapture("")}>Make a capture</Button></div>
    </div>
  );
}
