import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { analysisCommands, commands, type Command } from "../notebook/commands";
import { spoken } from "../notebook/keys";
import { notebook } from "../state/notebook";
import { overlay } from "../state/overlay";
import { Sheet } from "./Sheet";
import { narrowed } from "./narrow";

/** CommandPalette finds a command by its words. */
export function CommandPalette() {
  const text = useSignal("");
  const at = useSignal(0);
  const list = useRef<HTMLUListElement>(null);
  const all = notebook.value === null ? commands().filter((c) => c.group === "Page") : [...analysisCommands(), ...commands()];
  const found = narrowed(all, text.value, (c) => `${c.title} ${c.also ?? ""}`);
  const index = Math.min(at.value, Math.max(0, found.length - 1));
  const run = (command: Command | undefined) => {
    overlay.value = "none";
    command?.run();
  };
  const move = (by: number) => {
    at.value = (index + by + found.length) % Math.max(1, found.length);
    list.current?.children[at.value]?.scrollIntoView({ block: "nearest" });
  };
  const onKey = (e: KeyboardEvent) => {
    if (e.key === "ArrowDown") move(1);
    else if (e.key === "ArrowUp") move(-1);
    else if (e.key === "Enter") run(found[index]);
    else return;
    e.preventDefault();
  };
  return (
    <Sheet label="Commands">
      <input class="palette-input" type="text" autofocus placeholder="Add a cell, or do something" aria-label="Command" value={text.value}
        role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={`palette-${index}`}
        onInput={(e) => { text.value = e.currentTarget.value; at.value = 0; }} onKeyDown={onKey} />
      <ul id="palette-list" class="palette-list" role="listbox" ref={list}>
        {found.map((c, i) => (
          <li key={c.title} id={`palette-${i}`} role="option" aria-selected={i === index} onClick={() => run(c)}>
            <span>{c.title}</span><kbd>{spoken(c.keys[0] ?? "")}</kbd>
          </li>
        ))}
        {found.length === 0 && <li class="nothing">No command has these words.</li>}
      </ul>
    </Sheet>
  );
}
