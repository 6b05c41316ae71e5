import type { Cell } from "../api/types";
import { drafts } from "../state/notebook";
import { mode, select, selected } from "../state/selection";
import { Editor } from "./Editor";

/** MarkdownCell is prose: rendered by the server, and its source while it is edited. */
export function MarkdownCell({ cell }: { cell: Cell }) {
  const editing = selected.value === cell.id && mode.value === "edit";
  const empty = (drafts.of(cell.id) ?? cell.source).trim() === "";
  if (editing) return <Editor cell={cell.id} source={cell.source} label="Markdown source" prose />;
  if (empty) return <p class="nothing">Empty text. Press Enter to write.</p>;
  // The server renders Markdown without raw HTML, so this holds no foreign markup.
  return (
    <div class="prose" title="Double-click or Enter to edit" onDblClick={() => select(cell.id, "edit")}
      dangerouslySetInnerHTML={{ __html: cell.html ?? "" }} />
  );
}
