import { useMemo } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { Variable } from "../api/types";
import { notebook } from "../state/notebook";
import { reveal, select } from "../state/selection";
import { previewOf } from "../state/variables";
import { grouped, quantity } from "../tables/number";
import { Folded } from "../ui/Folded";
import { Table } from "../tables/Table";
import type { TableView } from "../state/table";

type Order = "name" | "kind" | "rows" | "bytes";

const heads: { by: Order; words: string }[] = [
  { by: "name", words: "Name" }, { by: "kind", words: "Kind" }, { by: "rows", words: "Size" }, { by: "bytes", words: "Bytes" },
];

/** Variables is what the kernel holds; a table can be looked at, anything leads to its cell. */
export function Variables() {
  const order = useSignal<Order>("name");
  const shown = useSignal<{ name: string; view: TableView } | null>(null);
  const trouble = useSignal("");
  const variables = notebook.value?.variables ?? [];
  const sorted = useMemo(() => inOrder(variables, order.value), [variables, order.value]);
  if (notebook.value === null) return null;
  const look = async (v: Variable) => {
    trouble.value = "";
    if (shown.value?.name === v.name) { shown.value = null; return; }
    goTo(v);
    try {
      const view = await previewOf(v);
      shown.value = view === null ? null : { name: v.name, view };
    } catch (problem) {
      trouble.value = problem instanceof Error ? problem.message : String(problem);
    }
  };
  return (
    <section aria-label="Variables">
      <div class="panel-head"><h2>Variables</h2></div>
      {sorted.length === 0 ? <p class="nothing">Nothing yet. What cells load and define is listed here.</p> : (
        <table class="variables">
          <thead><tr>{heads.map((h) => (
            <th key={h.by} aria-sort={order.value === h.by ? (h.by === "rows" || h.by === "bytes" ? "descending" : "ascending") : "none"}>
              <button type="button" onClick={() => (order.value = h.by)}>{h.words}</button>
            </th>
          ))}<th>Cell</th></tr></thead>
          <tbody>{sorted.map((v) => <Row key={v.name} variable={v} open={shown.value?.name === v.name} onLook={() => void look(v)} onCell={() => goTo(v)} />)}</tbody>
        </table>
      )}
      {trouble.value && <p class="field-problem" role="alert">{trouble.value}</p>}
      {shown.value && <Table view={shown.value.view} />}
    </section>
  );
}

function goTo(v: Variable): void {
  if (!v.cell) return;
  select(v.cell);
  reveal(v.cell);
}

/** longName is how many characters of a name fit beside the other columns; a longer one gets a line of its own. */
const longName = 10;

function Row({ variable: v, open, onLook, onCell }: { variable: Variable; open: boolean; onLook: () => void; onCell: () => void }) {
  const value = v.kind === "artifact" ? "" : v.value;
  const size = v.rows !== null ? `${grouped(String(v.rows))}${v.columns !== null ? ` × ${v.columns}` : ""}` : v.columns !== null ? `× ${v.columns}` : "";
  const name = <button type="button" class="variable" aria-expanded={open} onClick={onLook}><Folded text={v.name} title={v.value ? `${v.name} = ${v.value}` : v.name} /></button>;
  const long = v.name.length > longName;
  return (
    <>
      {long && <tr class="long-name"><td colSpan={5}>{name}</td></tr>}
      <tr>
        <td>{!long && name}</td>
        <td title={v.kind}>{v.kind}</td>
        <td class="number" title={value}>{size || value || "—"}</td>
        <td class="number" title={v.bytes === null ? "Not known" : `${grouped(String(v.bytes))} bytes`}>{v.bytes === null ? "—" : quantity(v.bytes, "B")}</td>
        <td class="number">{v.cell && <button type="button" class="link cell-count" title={`Go to the cell that defines ${v.name}`} onClick={onCell}>[{v.count}]</button>}</td>
      </tr>
    </>
  );
}

function inOrder(list: Variable[], by: Order): Variable[] {
  const text = (v: Variable) => (by === "kind" ? `${v.kind} ${v.name}` : v.name);
  if (by === "rows" || by === "bytes") return [...list].sort((a, b) => (b[by] ?? -1) - (a[by] ?? -1));
  return [...list].sort((a, b) => text(a).localeCompare(text(b)));
}
