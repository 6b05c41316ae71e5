import { exportPath, opened, revert, save } from "../state/notebook";
import { overlay } from "../state/overlay";
import { Button } from "../ui/Button";
import { Sheet } from "../ui/Sheet";

/** SaveConflict asks whose text is to stay where another program has changed the file. */
export function SaveConflict() {
  const close = () => (overlay.value = "none");
  return (
    <Sheet label="The file was changed">
      <div class="sheet-head"><h2>The file was changed</h2><Button label="Close" icon="close" keys="Esc" onClick={close} /></div>
      <div class="sheet-text">
        <p>Another program has changed <code>{opened.value}</code> since it was read here. Nothing was overwritten.</p>
        <p class="quiet">To keep both, download what is shown here first.</p>
        <div class="actions">
          <Button label="Overwrite the file with what is shown here" icon="save" primary onClick={() => { close(); void save(); }}>Overwrite</Button>
          <Button label="Read the file again and drop the changes made here" icon="restart" onClick={() => { close(); void revert(); }}>Read the file again</Button>
          <a class="button" href={exportPath()} download>Download as HTML</a>
          <Button label="Decide later" onClick={close}>Later</Button>
        </div>
      </div>
    </Sheet>
  );
}
