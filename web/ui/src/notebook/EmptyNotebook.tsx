import { overlay } from "../state/overlay";
import { add, addSQL } from "../state/selection";
import { panelOpen, togglePanel } from "../state/settings";
import { Button } from "../ui/Button";

/** EmptyNotebook says what to do first. */
export function EmptyNotebook() {
  return (
    <div class="first-steps">
      <h2>This notebook is empty</h2>
      <ol>
        <li>Pick a capture in the side panel: an nsys export (<code>.sqlite</code>), an ncu raw CSV, or a folder of MoE routing files.</li>
        <li>Add one of the analyses that fit it. It becomes a cell, with a form for its settings.</li>
        <li>Run the cell with <kbd>Shift</kbd>-<kbd>Enter</kbd>. Results are saved with the notebook.</li>
      </ol>
      <p class="quiet">A finished notebook over real captures: <code>profilemate serve --demo</code></p>
      <div class="actions">
        {!panelOpen.value && <Button label="Show the side panel" icon="panel" primary onClick={togglePanel}>Pick a capture</Button>}
        <Button label="Add an analysis cell" icon="plus" onClick={() => (overlay.value = "palette")}>Analysis</Button>
        <Button label="Add an SQL cell" icon="plus" onClick={() => void addSQL()}>SQL</Button>
        <Button label="Add a Go cell" icon="plus" onClick={() => void add("code", "below")}>Go</Button>
        <Button label="Add text" icon="plus" onClick={() => void add("markdown", "below")}>Text</Button>
      </div>
    </div>
  );
}
