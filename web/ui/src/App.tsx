import { CaptureView } from "./capture/CaptureView";
import { NotebookView } from "./notebook/NotebookView";
import { SaveConflict } from "./notebook/SaveConflict";
import { SearchBar } from "./notebook/SearchBar";
import { SidePanel } from "./notebook/SidePanel";
import { StartPage } from "./notebook/StartPage";
import { Toolbar } from "./notebook/Toolbar";
import { captureAt } from "./state/captures";
import { opened } from "./state/notebook";
import { overlay } from "./state/overlay";
import { panelOpen } from "./state/settings";
import { info, loadWorkbench, trouble } from "./state/workbench";
import { Button } from "./ui/Button";
import { CommandPalette } from "./ui/CommandPalette";
import { KeySheet } from "./ui/KeySheet";

/** App is the page: toolbar, side panel and the notebook or the captures between them. */
export function App() {
  return (
    <div class={panelOpen.value ? "app with-panel" : "app"}>
      <Toolbar />
      {panelOpen.value && <SidePanel />}
      <main>
        <SearchBar />
        {trouble.value && (
          <p class="banner" role="alert">{trouble.value} <Button label="Try again" onClick={() => void loadWorkbench()}>Try again</Button></p>
        )}
        {captureAt.value !== null ? <CaptureView /> : opened.value !== "" ? <NotebookView /> : info.value && <StartPage />}
      </main>
      {overlay.value === "palette" && <CommandPalette />}
      {overlay.value === "keys" && <KeySheet />}
      {overlay.value === "conflict" && <SaveConflict />}
    </div>
  );
}
