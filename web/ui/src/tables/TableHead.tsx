import type { Field } from "../api/types";
import { headerOf, type Column } from "./columns";

interface HeadProps {
  columns: Column[];
  sort: string;
  onSort: (field: Field) => void;
}

/** TableHead names the columns, with the unit once, and sorts by them. */
export function TableHead({ columns, sort, onSort }: HeadProps) {
  return (
    <thead>
      <tr>
        {columns.map((c) => (
          <th key={c.field.name} scope="col" class={c.numeric ? "number" : ""} aria-sort={ariaSort(c, sort)}>
            <button type="button" title={c.field.doc ? `${c.field.doc}\nClick to sort` : "Click to sort"} onClick={() => onSort(c.field)}>
              {headerOf(c.field)}
              {c.unit && <span class="unit">{c.unit}</span>}
              <span class="arrow" aria-hidden="true">{arrow(c, sort)}</span>
            </button>
          </th>
        ))}
      </tr>
    </thead>
  );
}

function ariaSort(c: Column, sort: string): "ascending" | "descending" | "none" {
  if (sort === c.field.name) return "ascending";
  return sort === "-" + c.field.name ? "descending" : "none";
}

function arrow(c: Column, sort: string): string {
  const order = ariaSort(c, sort);
  return order === "none" ? "" : order === "ascending" ? "↑" : "↓";
}
