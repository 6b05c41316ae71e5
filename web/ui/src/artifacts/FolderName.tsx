import { info } from "../state/workbench";

/** FolderName says which folder is listed; the served one by its whole path. */
export function FolderName({ path }: { path: string }) {
  const full = path === "" || path === "." ? info.value?.folder ?? "." : path;
  // The end of a path tells more than its beginning.
  return <code class="folder-name" title={full}><bdi>{full}</bdi></code>;
}
