import { pathPart } from "../api/rest";
import { info } from "./workbench";
import { openNotebook } from "./notebook";

const prefix = "/notebooks/";

/** pathOf is the notebook that an address names; empty for the start page. */
export function pathOf(pathname: string): string {
  return pathname.startsWith(prefix) ? decodeURIComponent(pathname.slice(prefix.length)) : "";
}

/** go opens a notebook and puts it into the address. */
export function go(path: string): void {
  history.pushState(null, "", path === "" ? "/" : prefix + pathPart(path));
  openNotebook(path);
}

/** startRoute opens what the address names, or what the server says to show first. */
export function startRoute(): void {
  const path = pathOf(location.pathname) || info.value?.opened || "";
  if (path !== "" && pathOf(location.pathname) === "") history.replaceState(null, "", prefix + pathPart(path) + location.hash);
  openNotebook(path);
  addEventListener("popstate", () => openNotebook(pathOf(location.pathname)));
}
