import type { TableView } from "../state/table";
import { Button } from "../ui/Button";
import { grouped } from "./number";
import { pageRows } from "./view";

/** lastPage is where the last page of so many rows begins. */
export function lastPage(matched: number): number {
  return Math.floor(Math.max(0, matched - 1) / pageRows) * pageRows;
}

/** Pager turns the pages of a table that has more than one. */
export function Pager({ view, matched }: { view: TableView; matched: number }) {
  if (matched <= pageRows) return null;
  const { offset } = view.view.value;
  const last = Math.min(offset + pageRows, matched);
  return (
    <span class="pager">
      <Button label="First rows" icon="first" disabled={offset === 0} onClick={() => view.page(0)} />
      <Button label="Previous rows" icon="left" disabled={offset === 0} onClick={() => view.page(offset - pageRows)} />
      <span class="quiet">{grouped(String(offset + 1))}–{grouped(String(last))} of {grouped(String(matched))}</span>
      <Button label="Next rows" icon="right" disabled={last >= matched} onClick={() => view.page(offset + pageRows)} />
      <Button label="Last rows" icon="last" disabled={last >= matched} onClick={() => view.page(lastPage(matched))} />
    </span>
  );
}
