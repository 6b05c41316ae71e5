import { useEffect } from "preact/hooks";
import { CapturesLink } from "../capture/CapturesLink";
import { ArtifactBrowser } from "../artifacts/ArtifactBrowser";
import { info, loadNotebooks, notebooks } from "../state/workbench";
import { Button } from "../ui/Button";
import { newNotebook } from "./commands";
import { Variables } from "./Variables";
import { NotebookList } from "./NotebookList";

/** SidePanel has the notebooks of the folder, the captures that were made, and the artifacts. */
export function SidePanel() {
  useEffect(() => { if (notebooks.peek() === null) void loadNotebooks(); }, []);
  return (
    <aside class="panel" aria-label="Notebooks, captures and artifacts">
      <section>
        <div class="panel-head">
          <h2>Notebooks</h2>
          <Button label="New notebook" icon="plus" onClick={() => void newNotebook()} />
        </div>
        <NotebookList />
      </section>
      <CapturesLink />
      <ArtifactBrowser />
      <Variables />
      {info.value && <p class="version">ProfileMate {info.value.version}</p>}
    </aside>
  );
}
