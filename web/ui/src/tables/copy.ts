// What is copied out of a table is exact: the stored values, tab-separated, as a
// spreadsheet takes them.

/** copyExact replaces what the browser would copy where the selection lies in a table. */
export function copyExact(event: ClipboardEvent): void {
  const selection = getSelection();
  if (selection === null || selection.isCollapsed || selection.rangeCount === 0) return;
  const range = selection.getRangeAt(0);
  const within = (range.commonAncestorContainer as Node).parentElement?.closest(".table-frame")
    ?? (range.commonAncestorContainer as Element).closest?.(".table-frame");
  if (!within) return;
  const rows = [...within.querySelectorAll("tr")].filter((row) => selection.containsNode(row, true));
  const lines = rows.map((row) => cellsIn(row, selection).join("\t")).filter((line) => line !== "");
  if (lines.length === 0) return;
  event.clipboardData?.setData("text/plain", lines.join("\n"));
  event.preventDefault();
}

function cellsIn(row: Element, selection: Selection): string[] {
  return [...row.querySelectorAll<HTMLElement>("th,td")]
    .filter((cell) => selection.containsNode(cell, true))
    .map((cell) => cell.dataset["exact"] ?? cell.textContent ?? "");
}
