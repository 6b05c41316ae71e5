import type { Artifact, ArtifactTable } from "../api/types";
import { Findings } from "../cells/Findings";
import { callFor } from "../cells/call";
import { closeArtifact } from "../state/artifacts";
import { opened } from "../state/notebook";
import { addCall } from "../state/selection";
import { analysisNamed } from "../state/workbench";
import { count, grouped } from "../tables/number";
import { apart } from "./stored";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { paragraphs, sentenceCase } from "../ui/words";

/** ArtifactCard is what a capture holds, and which analyses fit it. */
export function ArtifactCard({ artifact }: { artifact: Artifact }) {
  const { info } = artifact;
  const { ours, stored } = apart(artifact.tables ?? []);
  return (
    <div class="artifact">
      <div class="artifact-head">
        <h3 title={artifact.path}>{artifact.name}</h3>
        <Button label="Close" icon="close" onClick={closeArtifact} />
      </div>
      <p>{sentenceCase(info.summary)}</p>
      <p class="quiet">{[info.producer, info.format].filter(Boolean).join(" · ")}</p>
      <Findings findings={info.findings ?? []} />
      <FittingAnalyses artifact={artifact} />
      <h4>Tables</h4>
      {ours.map((t) => <TableSummary key={t.name} table={t} />)}
      {stored.length > 0 && (
        <details class="stored-tables">
          <summary>and {count(stored.length, "stored table")}</summary>
          <p class="quiet">The capture's own tables, as its writer stores them.</p>
          {stored.map((t) => <TableSummary key={t.name} table={t} />)}
        </details>
      )}
    </div>
  );
}

function FittingAnalyses({ artifact }: { artifact: Artifact }) {
  const fitting = (artifact.analyses ?? []).map(analysisNamed).filter((a) => a !== undefined);
  if (fitting.length === 0) return <p class="quiet">No analysis fits this artifact.</p>;
  return (
    <>
      <h4>Analyses that fit</h4>
      {opened.value === "" && <p class="quiet">Open a notebook to add one.</p>}
      <ul class="fitting">
        {fitting.map((a) => (
          <li key={a.name}>
            <button type="button" class="button" disabled={opened.value === ""} title={paragraphs(a.doc)[0]} aria-label={`Add cell: ${a.title}`}
              onClick={() => void addCall(callFor(a, artifact.info.kind, artifact.cellPath))}>
              <Icon name="plus" /><span>{sentenceCase(a.title)}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function TableSummary({ table }: { table: ArtifactTable }) {
  const rows = table.rows < 0 ? "rows not counted" : count(table.rows, "row");
  return (
    <details class="table-summary">
      <summary title={table.doc}><span>{table.name}</span><span class="quiet">{rows}</span></summary>
      {table.doc && <p class="quiet">{sentenceCase(table.doc)}</p>}
      <ul>
        {table.schema.map((f) => (
          <li key={f.name} title={f.doc}><code>{f.name}</code> <span class="quiet">{f.kind}{f.unit ? `, ${f.unit}` : ""}</span></li>
        ))}
      </ul>
      <p class="quiet">{grouped(String(table.schema.length))} columns</p>
    </details>
  );
}
