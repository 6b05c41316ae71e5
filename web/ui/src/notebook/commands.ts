// All that can be done to the notebook, once: keys, palette and key sheet come
// from this list.

import { callFor } from "../cells/call";
import {
  clearOutputs, createNotebook, drafts, exportPath, indexOf, interrupt, moveCell, opened, restart, restartRunAll, runAbove, runAll, runCell, runStale, save, cells,
} from "../state/notebook";
import { overlay, search } from "../state/overlay";
import { go, goCapture } from "../state/route";
import { add, addCall, addSQL, convert, mode, remove, select, selected, step, undoRemove } from "../state/selection";
import { togglePanel, toggleTheme } from "../state/settings";
import { analyses } from "../state/workbench";
import type { Bindable } from "./keys";

export interface Command extends Bindable {
  title: string;
  group: "Cell" | "Notebook" | "Page";
  run: () => void;
  /** also is what it is found by beside its title. */
  also?: string;
}

/** commands lists what can be done now. */
export function commands(): Command[] {
  return [...cellCommands(), ...notebookCommands(), ...pageCommands()];
}

/** analysisCommands add a cell of each analysis; they are for the palette only. */
export function analysisCommands(): Command[] {
  return analyses.value.map((a) => ({ title: `Add cell: ${a.title}`, also: a.name, group: "Notebook", keys: [], run: () => void addCall(callFor(a, "", "")) }));
}

function cellCommands(): Command[] {
  const group = "Cell";
  return [
    { group, title: "Run and go on to the next cell", keys: ["Shift-Enter"], anywhere: true, run: runOn },
    { group, title: "Run in place", keys: ["Ctrl-Enter"], anywhere: true, run: () => { select(selected.value); void runCell(selected.value); } },
    { group, title: "Run and insert a cell below", keys: ["Alt-Enter"], anywhere: true, run: () => { void runCell(selected.value); void add("code", "below"); } },
    { group, title: "Run the cells above", keys: [], run: () => void runAbove(selected.value) },
    { group, title: "Edit the text", keys: ["Enter"], run: () => select(selected.value, "edit") },
    { group, title: "Leave the text", keys: ["Escape", "Ctrl-m"], anywhere: true, run: leave },
    { group, title: "Next cell", keys: ["j", "ArrowDown"], run: () => step(1) },
    { group, title: "Previous cell", keys: ["k", "ArrowUp"], run: () => step(-1) },
    { group, title: "Insert a cell above", keys: ["a"], run: () => void add("code", "above") },
    { group, title: "Insert a cell below", keys: ["b"], run: () => void add("code", "below") },
    { group, title: "Insert an SQL cell below", keys: ["s"], run: () => void addSQL() },
    { group, title: "Delete", keys: ["d d"], run: () => void remove() },
    { group, title: "Bring back the deleted cell", keys: ["z"], run: () => void undoRemove() },
    { group, title: "Turn into text", keys: ["m"], run: () => void convert("markdown") },
    { group, title: "Turn into code", keys: ["y"], run: () => void convert("code") },
    { group, title: "Move up", keys: ["Ctrl-Shift-ArrowUp"], run: () => moveCell(selected.value, indexOf(selected.value) - 1) },
    { group, title: "Move down", keys: ["Ctrl-Shift-ArrowDown"], run: () => moveCell(selected.value, indexOf(selected.value) + 1) },
    { group, title: "Clear the outputs", keys: [], run: () => void clearOutputs(selected.value) },
  ];
}

function notebookCommands(): Command[] {
  const group = "Notebook";
  return [
    { group, title: "Save", keys: ["Ctrl-s"], anywhere: true, run: () => void save() },
    { group, title: "Run all cells", keys: ["Ctrl-Shift-Enter"], anywhere: true, run: () => void runAll() },
    { group, title: "Run what is out of date", keys: [], run: () => void runStale() },
    { group, title: "Restart the kernel and run all cells", keys: [], run: () => void restartRunAll() },
    { group, title: "Interrupt the kernel", keys: ["i i"], run: () => void interrupt() },
    { group, title: "Restart the kernel", keys: ["0 0"], run: () => void restart() },
    { group, title: "Search in the notebook", keys: ["/"], run: () => (search.value = search.value ?? "") },
    { group, title: "Clear all outputs", keys: [], run: () => void clearOutputs() },
    { group, title: "Export as HTML", keys: [], run: () => { if (opened.value !== "") location.assign(exportPath()); } },
    { group, title: "New notebook", keys: [], run: () => void newNotebook() },
  ];
}

function pageCommands(): Command[] {
  const group = "Page";
  return [
    { group, title: "Commands", keys: ["Ctrl-k", "Ctrl-Shift-c"], anywhere: true, run: () => (overlay.value = "palette") },
    { group, title: "Keys", keys: ["?"], run: () => (overlay.value = "keys") },
    { group, title: "Make a capture, or see those there are", keys: [], run: () => goCapture("") },
    { group, title: "Show or hide the side panel", keys: ["Ctrl-b"], run: togglePanel },
    { group, title: "Light or dark", keys: [], run: toggleTheme },
  ];
}

function runOn(): void {
  const id = selected.value;
  void runCell(id);
  const next = cells.value[indexOf(id) + 1];
  if (next === undefined) void add("code", "below");
  // The page stays where it is: what the cell gives is what one wants to see.
  else select(next.id);
}

function leave(): void {
  if (overlay.value !== "none") overlay.value = "none";
  else if (mode.value === "edit") {
    void drafts.flush(selected.value);
    mode.value = "command";
  } else search.value = null;
}

/** newNotebook makes a notebook and opens it. */
export async function newNotebook(): Promise<void> {
  const path = await createNotebook();
  if (path !== null) go(path);
}
