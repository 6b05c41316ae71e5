import type { Value } from "../api/types";
import { colorOf, palette } from "../charts/palette";
import { dark } from "../state/settings";
import { Button } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { show, wholeName, type Column } from "./columns";

/** OnKernel looks closer at a kernel, by its full name. */
export type OnKernel = (name: string) => void;

/** TableRow is one row; copying a cell gives the exact value. */
export function TableRow({ columns, row, onKernel }: { columns: Column[]; row: Value[]; onKernel?: OnKernel }) {
  return (
    <tr>
      {columns.map((c) => <TableCell key={c.field.name} column={c} value={row[c.index] ?? null} whole={c.names ? wholeName(c, row) : ""} onKernel={onKernel} />)}
    </tr>
  );
}

interface CellProps {
  column: Column;
  value: Value;
  /** whole is the name in full, for a column of names. */
  whole: string;
  onKernel?: OnKernel;
}

function TableCell({ column, value, whole, onKernel }: CellProps) {
  const { text, title, missing } = show(column, value);
  const exactValue = value === null ? "" : String(value);
  if (column.names && !missing) {
    return (
      <td class="name" title={whole} data-exact={exactValue}>
        <span class="kernel-name">{text}</span>
        {onKernel && <span class="closer"><Button label="Profile these kernels with ncu" icon="closer" onClick={() => onKernel(whole)} /></span>}
        <CopyButton text={whole} what="the full name" />
      </td>
    );
  }
  if (column.family && palette[text]) return <td title={title} data-exact={exactValue}><FamilyLabel family={text} /></td>;
  const kind = column.numeric ? "number" : "text";
  return <td class={missing ? `${kind} missing` : kind} title={title} data-exact={exactValue}>{text}</td>;
}

/** FamilyLabel is a kernel family with its color, which charts use too. */
function FamilyLabel({ family }: { family: string }) {
  return (
    <span class="family">
      <i style={{ background: colorOf(family, 0, dark.value) }} />
      {family}
    </span>
  );
}
