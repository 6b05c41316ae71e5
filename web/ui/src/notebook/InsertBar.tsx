import { cells } from "../state/notebook";
import { overlay } from "../state/overlay";
import { add, select } from "../state/selection";
import { Button } from "../ui/Button";

/** InsertBar adds to the end of the notebook. */
export function InsertBar() {
  const atEnd = (then: () => void) => {
    const last = cells.value[cells.value.length - 1];
    if (last) select(last.id);
    then();
  };
  return (
    <div class="insert-bar">
      <Button label="Add an analysis cell" icon="plus" onClick={() => atEnd(() => (overlay.value = "palette"))}>Analysis</Button>
      <Button label="Add text" icon="plus" onClick={() => atEnd(() => void add("markdown", "below"))}>Text</Button>
      <Button label="Add a code cell" icon="plus" onClick={() => atEnd(() => void add("code", "below"))}>Code</Button>
    </div>
  );
}
