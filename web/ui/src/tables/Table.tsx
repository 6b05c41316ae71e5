import { useEffect, useMemo } from "preact/hooks";
import type { Preview } from "../api/types";
import { TableView } from "../state/table";
import { Icon } from "../ui/Icon";
import { columnsOf } from "./columns";
import { count } from "./number";
import { Pager } from "./Pager";
import { TableHead } from "./TableHead";
import { TableRow, type OnKernel } from "./TableRow";

/** Table is one table of a result: its title, what narrows it down, and a window of its rows. */
export function Table({ view, onKernel }: { view: TableView; onKernel?: OnKernel }) {
  const { preview } = view;
  // From the rows that came along, so that units stay as they are when pages turn.
  const columns = useMemo(() => columnsOf(preview.columns, preview.rows), [preview]);
  useEffect(() => () => view.dispose(), [view]);
  const { rows, matched } = view.window.value;
  return (
    <section class="table" ref={(e) => { view.element = e; }} aria-label={preview.title}>
      <TableTools view={view} matched={matched} />
      {view.note.value && <p class="note" role="status">{view.note.value}</p>}
      <div class={view.asking.value ? "table-frame asking" : "table-frame"} tabIndex={0} role="region" aria-label={`Rows of ${preview.title}`}>
        <table aria-rowcount={matched}>
          <TableHead columns={columns} sort={view.view.value.sort} onSort={(f) => view.sort(f)} />
          <tbody>{rows.map((row, i) => <TableRow key={view.view.value.offset + i} columns={columns} row={row} onKernel={onKernel} />)}</tbody>
        </table>
        {rows.length === 0 && <p class="nothing">{preview.total === 0 ? "This table has no rows." : "No row matches the filter."}</p>}
      </div>
    </section>
  );
}

function TableTools({ view, matched }: { view: TableView; matched: number }) {
  const { preview } = view;
  const { filter, only } = view.view.value;
  const narrowed = filter !== "" || only !== undefined;
  const csv = view.csvPath();
  return (
    <div class="table-tools">
      <h4>{preview.title || preview.name}</h4>
      <span class="quiet">{narrowed ? `${matched} of ${count(preview.total, "row")}` : count(preview.total, "row")}</span>
      {only && <button type="button" class="link" onClick={() => view.pick(undefined)}>Show all rows</button>}
      <span class="space" />
      <Pager view={view} matched={matched} />
      {preview.total > 5 && (
        <input class="filter" type="search" placeholder="Filter rows" aria-label={`Filter ${preview.title}`}
          title="Rows with this text in any cell; column:text looks in one column" value={filter}
          onInput={(e) => view.filter(e.currentTarget.value)} />
      )}
      {csv && <a class="button" href={csv} download={`${preview.name}.csv`} title="Download the whole table as CSV"><Icon name="download" /><span>CSV</span></a>}
    </div>
  );
}

/** tableViews makes the views of a result's tables. */
export function tableViews(key: string, tables: Preview[]): TableView[] {
  return tables.map((t) => new TableView(key, t));
}
