import { useSignal } from "@preact/signals";
import type { Cell } from "../api/types";
import { drafts } from "../state/notebook";
import { analysisNamed } from "../state/workbench";
import { paragraphs } from "../ui/words";
import { CellStatus } from "./CellStatus";
import { Editor } from "./Editor";
import { problemOf, titleOf } from "./kinds";
import { Form } from "./Form";
import { shown } from "./shown";
import { Outputs } from "./Outputs";
import { Progress } from "./Progress";
import { RunButton } from "./RunButton";

/** CodeCell is a cell that runs: its text, for an analysis its form, and what came of it. */
export function CodeCell({ cell }: { cell: Cell }) {
  const analysis = cell.call ? analysisNamed(cell.call.analysis) : undefined;
  const outputs = cell.outputs ?? [];
  const chosen = useSignal<boolean | null>(null);
  const missing = analysis !== undefined && (cell.call?.inputs ?? []).length < analysis.roles.length;
  // A cell that cannot run yet shows what it still needs.
  const open = chosen.value ?? (missing || (outputs.length === 0 && cell.state === "idle"));
  const dim = cell.state === "running" || cell.state === "queued";
  return (
    <>
      <header class="cell-head">
        <RunButton cell={cell} />
        <h3 class={analysis ? undefined : "plain"} title={analysis && paragraphs(analysis.doc)[0]}>{titleOf(cell, analysis?.title)}</h3>
        {analysis && (
          <button type="button" class="button" aria-expanded={open} onClick={() => (chosen.value = !open)}>
            {open ? "Hide settings" : "Settings"}
          </button>
        )}
        <span class="space" />
        <CellStatus cell={cell} bundle={bundleOf(cell)} />
      </header>
      <Editor cell={cell.id} source={cell.source} label="Text of the cell" problem={problemOf(cell)} />
      {cell.callError && drafts.of(cell.id) === undefined && <p class="field-problem" role="alert">{cell.callError}</p>}
      {analysis && cell.call && open && <Form cell={cell} analysis={analysis} call={cell.call} />}
      <Progress cell={cell} />
      {outputs.length > 0 && <div class={dim ? "dim" : ""}><Outputs cell={cell.id} outputs={outputs} /></div>}
    </>
  );
}

function bundleOf(cell: Cell) {
  for (const output of cell.outputs ?? []) {
    const what = shown(output);
    if (what.kind === "result") return what.bundle;
  }
  return undefined;
}
