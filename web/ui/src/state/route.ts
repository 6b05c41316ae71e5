import { pathPart } from "../api/rest";
import { captureAt } from "./captures";
import { info } from "./workbench";
import { openNotebook } from "./notebook";

const prefix = "/notebooks/";

/** pathOf is the notebook that an address names; empty for the start page. */
export function pathOf(pathname: string): string {
  return pathname.startsWith(prefix) ? decodeURIComponent(pathname.slice(prefix.length)) : "";
}

const captures = "/captures";

/** captureOf is the capture that an address names, "" for all of them; null for none. */
export function captureOf(pathname: string): string | null {
  if (pathname === captures) return "";
  return pathname.startsWith(captures + "/") ? decodeURIComponent(pathname.slice(captures.length + 1)) : null;
}

/** captureAddress is where a capture is shown, or with "" all of them. */
export function captureAddress(id: string): string {
  return id === "" ? captures : `${captures}/${encodeURIComponent(id)}`;
}

/** go opens a notebook and puts it into the address. */
export function go(path: string): void {
  history.pushState(null, "", path === "" ? "/" : prefix + pathPart(path));
  captureAt.value = null;
  openNotebook(path);
}

/** goCapture shows a capture, or with "" all of them, and puts it into the address. */
export function goCapture(id: string): void {
  history.pushState(null, "", captureAddress(id));
  showAddress();
}

/** showAddress opens what the address names. */
function showAddress(): void {
  captureAt.value = captureOf(location.pathname);
  openNotebook(pathOf(location.pathname));
}

/** startRoute opens what the address names, or what the server says to show first. */
export function startRoute(): void {
  const first = info.value?.opened ?? "";
  if (location.pathname === "/" && first !== "") history.replaceState(null, "", prefix + pathPart(first) + location.hash);
  showAddress();
  addEventListener("popstate", showAddress);
}
