import { computed, signal } from "@preact/signals";
import { dial, Live, type Link } from "../api/live";
import { pathPart, RequestError, sentence } from "../api/rest";
import * as rest from "../api/rest";
import { withToken } from "../api/token";
import type { Call, Cell, Completion, Inspection, Operation } from "../api/types";
import { apply, type Document } from "./document";
import { Drafts } from "./drafts";
import { overlay } from "./overlay";
import { loadNotebooks, trouble } from "./workbench";

/** notebook is the open document, null until the first snapshot. */
export const notebook = signal<Document | null>(null);
/** opened is the path of the notebook in the address, empty for none. */
export const opened = signal("");
export const link = signal<Link>("connecting");
/** refused says that the server that answers now is not the one that gave this page its token. */
export const refused = signal(false);
/** complaint is why the last operation failed, beside the cell it was about ("" for the notebook). */
export const complaint = signal<{ cell: string; text: string } | null>(null);

export const drafts = new Drafts((cell, source) => act({ op: "edit", cell, source }, cell));
export const cells = computed<Cell[]>(() => notebook.value?.cells ?? []);
export const running = computed(() => cells.value.some((c) => c.state === "running" || c.state === "queued"));
export const unsaved = computed(() => (notebook.value?.dirty ?? false) || drafts.any.value);

let live: Live | null = null;

/** openNotebook shows the notebook at path, and leaves the one before. */
export function openNotebook(path: string): void {
  if (path === opened.peek() && live !== null) return;
  void drafts.flushAll();
  live?.close();
  live = null;
  notebook.value = null;
  complaint.value = null;
  drafts.clear();
  opened.value = path;
  if (path === "") return;
  live = new Live({
    dial: (on) => dial(socketURL(path), on),
    link: (state) => {
      link.value = state;
      if (state === "lost") void learnWhy();
      if (state !== "open") return;
      refused.value = false;
      // What was typed while the server was away.
      queueMicrotask(() => void drafts.flushAll());
    },
    message: (m) => {
      notebook.value = apply(notebook.value, m);
      if (m.type === "cell") drafts.settle(m.cell.id, m.cell.source);
      if (m.type === "snapshot") trouble.value = "";
    },
  });
}

function socketURL(path: string): string {
  const scheme = location.protocol === "https:" ? "wss://" : "ws://";
  const known = notebook.peek();
  const since = known === null || known.run === "" ? "" : "?" + new URLSearchParams({ run: known.run, since: String(known.seq) });
  return scheme + location.host + withToken("/api/workbench/live/" + pathPart(path) + since);
}

/** learnWhy asks over HTTP, which tells a server that is away from one that refuses the token. */
async function learnWhy(): Promise<void> {
  try {
    await rest.info();
    refused.value = false;
  } catch (problem) {
    refused.value = problem instanceof RequestError && problem.kind === "denied";
  }
}

/** reconnect tries again at once. */
export function reconnect(): void {
  live?.retry();
}

/** act sends an operation; a failure is shown where it belongs and gives null. */
async function act(operation: Operation, cell = ""): Promise<string | null> {
  if (live === null) return null;
  try {
    const made = await live.send(operation);
    if (complaint.value?.cell === cell) complaint.value = null;
    return made;
  } catch (problem) {
    if (operation.op === "save" && problem instanceof RequestError && problem.kind === "conflict") overlay.value = "conflict";
    else complaint.value = { cell, text: sentence(problem) };
    return null;
  }
}

export function cellAt(id: string): Cell | undefined {
  return cells.value.find((c) => c.id === id);
}

export function indexOf(id: string): number {
  return cells.value.findIndex((c) => c.id === id);
}

/** runCell sends what was typed, then runs it. A Markdown cell has nothing to run. */
export async function runCell(id: string): Promise<void> {
  if (!(await drafts.flush(id))) return;
  if (cellAt(id)?.cellType === "code") await act({ op: "run", cell: id }, id);
}

export async function runAll(): Promise<void> {
  if (await drafts.flushAll()) await act({ op: "runAll" });
}

export async function runStale(): Promise<void> {
  if (await drafts.flushAll()) await act({ op: "runStale" });
}

export async function runAbove(id: string): Promise<void> {
  if (await drafts.flushAll()) await act({ op: "runAbove", cell: id }, id);
}

export async function restartRunAll(): Promise<void> {
  if (await drafts.flushAll()) await act({ op: "restartRunAll" });
}

export const interrupt = () => act({ op: "interrupt" });
export const restart = () => act({ op: "restart" });

/** revert reads the file again and drops what is not saved. */
export async function revert(): Promise<void> {
  drafts.clear();
  await act({ op: "revert" });
}

/** complete asks the kernel how a text can go on; what cannot be asked completes nothing. */
export async function complete(source: string, pos: number): Promise<Completion> {
  const reply = await live?.ask({ op: "complete", source, pos }).catch(() => undefined);
  return reply?.completion ?? { matches: [], start: pos, end: pos };
}

/** inspect asks the kernel what stands at a place. */
export async function inspect(source: string, pos: number): Promise<Inspection> {
  const reply = await live?.ask({ op: "inspect", source, pos }).catch(() => undefined);
  return reply?.inspection ?? { text: "", html: "" };
}

export async function save(): Promise<void> {
  if (await drafts.flushAll()) await act({ op: "save" });
}

/** setCall writes a cell's text from its form, after what was typed into the text itself. */
export async function setCall(id: string, call: Call): Promise<void> {
  if (await drafts.flush(id)) await act({ op: "form", cell: id, call }, id);
}

export const clearOutputs = (id?: string) => act({ op: "clear", cell: id }, id ?? "");

export function insertCell(index: number, cellType: "code" | "markdown", source: string): Promise<string | null> {
  return act({ op: "insert", index, cellType, source });
}

export function insertCall(index: number, call: Call): Promise<string | null> {
  return act({ op: "insert", index, cellType: "code", call });
}

export function deleteCell(id: string): Promise<string | null> {
  drafts.drop(id);
  return act({ op: "delete", cell: id }, id);
}

/** restoreCell brings the last deleted cell back and gives its id. */
export const restoreCell = () => act({ op: "restore" });

/** convertCell turns a cell into the other kind, after what was typed into it. */
export async function convertCell(id: string, cellType: "code" | "markdown"): Promise<void> {
  if (await drafts.flush(id)) await act({ op: "cellType", cell: id, cellType }, id);
}

export function moveCell(id: string, index: number): void {
  if (index >= 0 && index < cells.value.length) void act({ op: "move", cell: id, index }, id);
}

/** createNotebook makes an empty notebook with a name of the server's choice. */
export async function createNotebook(): Promise<string | null> {
  try {
    const made = await rest.createNotebook("");
    void loadNotebooks();
    return made.path;
  } catch (problem) {
    trouble.value = sentence(problem);
    return null;
  }
}

/** exportPath is where the open notebook is as one HTML file. */
export function exportPath(): string {
  return withToken("/api/workbench/export/" + pathPart(opened.value));
}
