import type { Folder, FolderEntry } from "../api/types";
import { quantity } from "../tables/number";
import { Folded } from "../ui/Folded";
import { Icon } from "../ui/Icon";

interface FolderListProps {
  folder: Folder;
  onEnter: (path: string) => void;
  onPick: (path: string) => void;
}

/** FolderList is what a folder holds: folders to enter, files to pick. */
export function FolderList({ folder, onEnter, onPick }: FolderListProps) {
  const entries = (folder.entries ?? []).filter((e) => e.type !== "notebook");
  return (
    <ul class="folder-list">
      {folder.parent !== "" && folder.parent !== folder.path && (
        <li><button type="button" onClick={() => onEnter(folder.parent)}><Icon name="up" />Up one folder</button></li>
      )}
      {entries.map((e) => <Entry key={e.path} entry={e} onEnter={onEnter} onPick={onPick} />)}
      {entries.length === 0 && <li class="nothing">No files here.</li>}
    </ul>
  );
}

function Entry({ entry, onEnter, onPick }: { entry: FolderEntry; onEnter: (path: string) => void; onPick: (path: string) => void }) {
  const directory = entry.type === "directory";
  return (
    <li>
      <button type="button" title={entry.path} onClick={() => (directory ? onEnter(entry.path) : onPick(entry.path))}>
        <Icon name={directory ? "folder" : "file"} />
        <span class="entry-name"><Folded text={entry.name} title={entry.path} /></span>
        {!directory && <span class="quiet">{quantity(entry.size, "B")}</span>}
      </button>
    </li>
  );
}
