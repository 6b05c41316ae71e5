import { cells } from "../state/notebook";
import { overlay } from "../state/overlay";
import { add, addSQL, select } from "../state/selection";
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
      <Button label="Add an SQL cell" icon="plus" onClick={() => atEnd(() => void addSQL())}>SQL</Button>
      <Button label="Add a Go cell" icon="plus" onClick={() => atEnd(() => void add("code", "below"))}>Go</Button>
      <Button label="Add text" icon="plus" onClick={() => atEnd(() => void add("markdown", "below"))}>Text</Button>
    </div>
  );
}
