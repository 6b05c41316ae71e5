import { info } from "../state/workbench";
import { Folded } from "../ui/Folded";

/** FolderName says which folder is listed; the served one by its whole path. */
export function FolderName({ path }: { path: string }) {
  const full = path === "" || path === "." ? info.value?.folder ?? "." : path;
  return <code class="folder-name"><Folded text={full} /></code>;
}
