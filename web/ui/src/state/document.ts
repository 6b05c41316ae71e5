import type { Cell, Conflict, KernelState, ServerMessage, Variable } from "../api/types";

export interface Progress {
  text: string;
  done: number;
  total: number;
  elapsedNs: number;
}

/** Document is what the server last said about the open notebook. */
export interface Document {
  path: string;
  title: string;
  cells: Cell[];
  kernel: KernelState;
  kernelMessage: string;
  dirty: boolean;
  modified: string;
  /** saveMessage is why the document was not saved; empty when it was. */
  saveMessage: string;
  seq: number;
  /** run identifies the server's run of the document, in which seq counts. */
  run: string;
  progress: Record<string, Progress>;
  /** reproduced says that the document ran from top to bottom and has not changed since. */
  reproduced: boolean;
  conflicts: Conflict[];
  variables: Variable[];
}

/** apply returns the document after one message of the server. */
export function apply(doc: Document | null, m: ServerMessage): Document | null {
  if (m.type === "snapshot") {
    const known = new Map((doc?.cells ?? []).map((c) => [c.id, c]));
    return {
      path: m.path, title: m.title, cells: (m.cells ?? []).map((c) => keepOutputs(known.get(c.id), c)), kernel: m.kernel, kernelMessage: m.kernelMessage ?? "",
      dirty: m.dirty, modified: "", saveMessage: "", seq: m.seq, run: m.run ?? "", progress: {},
      reproduced: m.reproduced ?? false, conflicts: m.conflicts ?? [], variables: m.variables ?? [],
    };
  }
  if (doc === null || m.type === "reply") return doc;
  if (m.type === "progress") {
    const { text, done, total, elapsedNs } = m;
    return { ...doc, progress: { ...doc.progress, [m.cell]: { text, done, total, elapsedNs } } };
  }
  // A message from before the snapshot tells nothing new.
  if (m.seq <= doc.seq) return doc;
  const next = { ...doc, seq: m.seq };
  switch (m.type) {
    case "cell":
      return applyCell(next, m.index, m.cell);
    case "removed":
      return { ...next, cells: doc.cells.filter((c) => c.id !== m.cell), progress: without(doc.progress, m.cell) };
    case "order":
      return { ...next, cells: inOrder(doc.cells, m.cells) };
    case "kernel":
      return { ...next, kernel: m.state, kernelMessage: m.message ?? "" };
    case "notebook":
      return { ...next, reproduced: m.reproduced, conflicts: m.conflicts };
    case "variables":
      return { ...next, variables: m.variables };
    case "saved":
      return { ...next, dirty: m.dirty, modified: m.modified ?? doc.modified, saveMessage: m.message ?? "" };
  }
}

function applyCell(doc: Document, index: number, cell: Cell): Document {
  const cells = doc.cells.filter((c) => c.id !== cell.id);
  cells.splice(index, 0, keepOutputs(doc.cells.find((c) => c.id === cell.id), cell));
  const progress = cell.state === "running" ? doc.progress : without(doc.progress, cell.id);
  return { ...doc, cells, progress };
}

/**
 * keepOutputs keeps the outputs that are already shown where the new ones are the
 * same, so that a chart is not drawn again and a table keeps its page. It also
 * keeps them, for the page to dim, until a cell that runs again has new ones:
 * otherwise the page would collapse and jump at every run.
 */
function keepOutputs(before: Cell | undefined, after: Cell): Cell {
  if (before === undefined) return after;
  if (after.state === "running" && (after.outputs ?? []).length === 0 && !failed(before)) return { ...after, outputs: before.outputs };
  if (JSON.stringify(before.outputs) !== JSON.stringify(after.outputs)) return after;
  return { ...after, outputs: before.outputs };
}

function failed(cell: Cell): boolean {
  return (cell.outputs ?? []).some((o) => o.output_type === "error");
}

/** inOrder sorts cells by a list of ids; a cell that the list does not name stays, at the end. */
function inOrder(cells: Cell[], ids: string[]): Cell[] {
  const rank = new Map(ids.map((id, i) => [id, i]));
  return [...cells].sort((a, b) => (rank.get(a.id) ?? ids.length) - (rank.get(b.id) ?? ids.length));
}

function without<T>(map: Record<string, T>, key: string): Record<string, T> {
  if (!(key in map)) return map;
  const { [key]: _, ...rest } = map;
  return rest;
}
