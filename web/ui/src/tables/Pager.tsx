import type { TableView } from "../state/table";
import { Button } from "../ui/Button";
import { grouped } from "./number";
import { pageRows } from "./view";

/** Pager turns the pages of a table that has more than one. */
export function Pager({ view, matched }: { view: TableView; matched: number }) {
  if (matched <= pageRows) return null;
  const { offset } = view.view.value;
  const last = Math.min(offset + pageRows, matched);
  return (
    <span class="pager">
      <Button label="Previous rows" icon="left" disabled={offset === 0} onClick={() => view.page(offset - pageRows)} />
      <span class="quiet">{grouped(String(offset + 1))}–{grouped(String(last))} of {grouped(String(matched))}</span>
      <Button label="Next rows" icon="right" disabled={last >= matched} onClick={() => view.page(offset + pageRows)} />
    </span>
  );
}
