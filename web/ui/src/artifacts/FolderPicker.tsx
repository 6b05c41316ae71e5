import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { sentence } from "../api/rest";
import type { Folder } from "../api/types";
import { listingOf } from "../state/artifacts";
import { Button } from "../ui/Button";
import { FolderList } from "./FolderList";
import { FolderName } from "./FolderName";

interface FolderPickerProps {
  /** start is the folder to begin in; empty for the served one. */
  start: string;
  onPick: (path: string) => void;
  onClose: () => void;
}

/** FolderPicker finds a file or a folder by walking to it. */
export function FolderPicker({ start, onPick, onClose }: FolderPickerProps) {
  const folder = useSignal<Folder | null>(null);
  const trouble = useSignal("");
  const enter = async (path: string) => {
    try {
      folder.value = await listingOf(path);
      trouble.value = "";
    } catch (problem) {
      trouble.value = sentence(problem);
    }
  };
  useEffect(() => { void enter(start); }, [start]);
  return (
    <div class="picker" onKeyDown={(e) => { if (e.key === "Escape") { e.stopPropagation(); onClose(); } }}>
      {folder.value && (
        <div class="picker-head">
          <FolderName path={folder.value.path} />
          <Button label="Use this folder itself as the artifact" onClick={() => onPick(folder.value!.path)}>Use this folder</Button>
          <Button label="Close" icon="close" keys="Esc" onClick={onClose} />
        </div>
      )}
      {trouble.value && <p class="field-problem" role="alert">{trouble.value}</p>}
      {folder.value && <FolderList folder={folder.value} onEnter={(p) => void enter(p)} onPick={onPick} />}
    </div>
  );
}
