import { opened } from "../state/notebook";
import { go } from "../state/route";
import { notebooks } from "../state/workbench";
import { pathPart } from "../api/rest";
import { Icon } from "../ui/Icon";

/** NotebookList is the notebooks of the served folder. */
export function NotebookList() {
  const list = notebooks.value ?? [];
  return (
    <ul class="folder-list">
      {list.map((n) => (
        <li key={n.path}>
          <a href={"/notebooks/" + pathPart(n.path)} aria-current={n.path === opened.value ? "page" : undefined} title={n.path}
            onClick={(e) => { if (e.ctrlKey || e.metaKey || e.shiftKey) return; e.preventDefault(); go(n.path); }}>
            <Icon name="notebook" />
            <span class="entry-name">{n.title || n.path}</span>
            {n.title && n.title !== n.path && <span class="quiet">{n.path}</span>}
          </a>
        </li>
      ))}
      {list.length === 0 && <li class="nothing">No notebook in this folder.</li>}
    </ul>
  );
}
