import { commands } from "../notebook/commands";
import { spoken } from "../notebook/keys";
import { overlay } from "../state/overlay";
import { Button } from "./Button";
import { Sheet } from "./Sheet";

/** KeySheet lists the keys, from the same list that makes them work. */
export function KeySheet() {
  const groups = ["Cell", "Notebook", "Page"] as const;
  const all = commands().filter((c) => c.keys.length > 0);
  return (
    <Sheet label="Keys">
      <div class="sheet-head"><h2>Keys</h2><Button label="Close" icon="close" keys="Esc" onClick={() => (overlay.value = "none")} /></div>
      <div class="key-groups">
        {groups.map((g) => (
          <section key={g}>
            <h3>{g}</h3>
            <dl>
              {all.filter((c) => c.group === g).map((c) => (
                <div key={c.title}><dt>{c.keys.map((k) => <kbd key={k}>{spoken(k)}</kbd>)}</dt><dd>{c.title}</dd></div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p class="quiet">Single keys work on the selected cell while its text is not being edited. In the text, Tab completes the word and Shift-Tab says what it is. In charts, Ctrl and the wheel zoom and dragging moves.</p>
    </Sheet>
  );
}
