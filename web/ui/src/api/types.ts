// The JSON that the server sends and takes: docs/api.md, workbench/result,
// workbench/analysis and workbench/artifacts in Go.

export type ColumnKind = "bool" | "int64" | "float64" | "string";

export interface Field {
  name: string;
  kind: ColumnKind;
  unit?: string;
  doc?: string;
}

/** A cell of a table. Null is a missing value; a whole number beyond 2^53 is a string. */
export type Value = string | number | boolean | null;

export interface Preview {
  name: string;
  title: string;
  columns: Field[];
  total: number;
  rows: Value[][];
}

export interface Page {
  columns: Field[];
  total: number;
  matched: number;
  offset: number;
  rows: Value[][];
}

export type Severity = "info" | "warning" | "problem";

export interface Finding {
  severity: Severity;
  text: string;
  remedy?: string;
  stakeNs?: number;
  table?: string;
  column?: string;
  values?: string[];
}

export type ChartKind = "line" | "bar" | "scatter" | "heatmap" | "pie";

export interface Axis {
  label: string;
  unit?: string;
  log?: boolean;
  min?: number;
  max?: number;
  categories?: string[];
}

export interface Series {
  name: string;
  kind?: ChartKind;
  x?: (number | null)[];
  y: (number | null)[];
  labels?: string[];
  sizes?: (number | null)[];
  color?: string;
  dashed?: boolean;
}

export interface Heat {
  values: (number | null)[][];
  label: string;
  unit?: string;
  diverging?: boolean;
  middle?: number;
  log?: boolean;
}

export interface Chart {
  name: string;
  title: string;
  kind: ChartKind;
  x: Axis;
  y: Axis;
  series?: Series[];
  horizontal?: boolean;
  stacked?: boolean;
  heat?: Heat;
  group?: string;
  note?: string;
}

export const resultMIME = "application/vnd.profilemate.result+json";

export interface Bundle {
  version: number;
  key: string;
  analysis: string;
  title: string;
  params: Record<string, string> | null;
  inputs: { role: string; path: string; digest?: string }[] | null;
  cached: boolean;
  elapsedNs: number;
  findings: Finding[] | null;
  tables: Preview[] | null;
  charts: Chart[] | null;
}

export type ParamKind = "float" | "int" | "bool" | "string" | "duration" | "enum";

export interface Param {
  name: string;
  kind: ParamKind;
  doc: string;
  unit?: string;
  default: string;
  min?: string;
  max?: string;
  options?: string[];
}

export interface Role {
  Name: string;
  Kind: string;
  Doc: string;
}

export interface Analysis {
  name: string;
  title: string;
  doc: string;
  version: number;
  roles: Role[];
  params: Param[] | null;
}

export interface Call {
  analysis: string;
  inputs: { role?: string; path: string }[] | null;
  params: Record<string, string> | null;
  /** Name of the result, by which other cells find its tables. */
  as?: string;
}

export type MimeBundle = Record<string, unknown>;

/** An output of a code cell, as nbformat 4.5 has it. */
export type Output =
  | { output_type: "display_data" | "execute_result"; data: MimeBundle; metadata?: Record<string, unknown> }
  | { output_type: "stream"; name: string; text: string | string[] }
  | { output_type: "error"; ename: string; evalue: string; traceback?: string[] };

export type CellState = "idle" | "queued" | "running" | "done" | "error";

export interface Cell {
  id: string;
  cellType: "code" | "markdown" | "raw";
  source: string;
  state: CellState;
  executionCount: number | null;
  startedAt: string | null;
  elapsedNs: number;
  outputs?: Output[] | null;
  html?: string;
  call?: Call | null;
  callError?: string;
  /** stale is why the outputs no longer hold. */
  stale?: string;
  /** reused says that all results came from the store. */
  reused?: boolean;
}

/** Conflict is a name that several cells define. */
export interface Conflict {
  name: string;
  cells: string[];
}

/** Variable is something that the kernel holds. */
export interface Variable {
  name: string;
  kind: string;
  value?: string;
  rows: number | null;
  columns: number | null;
  bytes: number | null;
  count: number;
  cell?: string;
  key?: string;
  table?: string;
  /** preview is the first rows of a table that is not stored. */
  preview?: Preview;
}

/** Completion is how a text can go on from start to end, in code points. */
export interface Completion {
  matches: { text: string; type: string }[];
  start: number;
  end: number;
}

/** Inspection is what is known of a place in a text; both forms are empty for nothing. */
export interface Inspection {
  text: string;
  html: string;
}

export type KernelState = "starting" | "idle" | "busy" | "dead";

export interface Fault {
  kind: string;
  message: string;
}

export type ServerMessage =
  | { type: "snapshot"; seq: number; path: string; title: string; cells: Cell[] | null; kernel: KernelState; kernelMessage?: string; dirty: boolean; run?: string; reproduced?: boolean; conflicts?: Conflict[]; variables?: Variable[] }
  | { type: "notebook"; seq: number; reproduced: boolean; conflicts: Conflict[] }
  | { type: "variables"; seq: number; variables: Variable[] }
  | { type: "cell"; seq: number; index: number; cell: Cell }
  | { type: "removed"; seq: number; cell: string }
  | { type: "order"; seq: number; cells: string[] }
  | { type: "kernel"; seq: number; state: KernelState; message?: string }
  | { type: "progress"; cell: string; text: string; done: number; total: number; elapsedNs: number }
  | { type: "saved"; seq: number; dirty: boolean; modified?: string; message?: string }
  | Reply;

export interface Reply {
  type: "reply";
  id: number;
  cell?: string;
  error?: Fault;
  completion?: Completion;
  inspection?: Inspection;
}

export type Operation =
  | { op: "run" | "runAbove"; cell: string }
  | { op: "runAll" | "runStale" | "restartRunAll" | "interrupt" | "restart" | "save" | "revert" }
  | { op: "complete" | "inspect"; source: string; pos: number }
  | { op: "edit"; cell: string; source: string }
  | { op: "form"; cell: string; call: Call }
  | { op: "insert"; index: number; cellType: "code" | "markdown"; source: string }
  | { op: "insert"; index: number; cellType: "code"; call: Call }
  | { op: "delete"; cell: string }
  | { op: "restore"; cell?: string }
  | { op: "cellType"; cell: string; cellType: "code" | "markdown" }
  | { op: "move"; cell: string; index: number }
  | { op: "clear"; cell?: string };

export interface Info {
  version: string;
  folder: string;
  opened: string;
}

export interface FolderEntry {
  name: string;
  path: string;
  type: "directory" | "notebook" | "file";
  size: number;
  modified: string;
}

export interface Folder {
  path: string;
  parent: string;
  entries: FolderEntry[] | null;
}

export interface ArtifactTable {
  name: string;
  doc: string;
  schema: Field[];
  rows: number;
}

export interface Artifact {
  path: string;
  name: string;
  identity: string;
  info: {
    kind: string;
    format: string;
    producer: string;
    summary: string;
    metadata: Record<string, string> | null;
    findings: Finding[] | null;
  };
  tables: ArtifactTable[] | null;
  analyses: string[] | null;
  cellPath: string;
}

export interface NotebookEntry {
  path: string;
  title: string;
  modified: string;
}
