import type { Analysis, Artifact, Fault, Folder, Info, NotebookEntry, Page } from "./types";
import { credentials } from "./token";

/** RequestError is a request that failed, with a sentence to show and the kind of fault. */
export class RequestError extends Error {
  constructor(readonly kind: string, message: string) {
    super(message);
  }
}

/** sentence is what to show of anything that was thrown. */
export function sentence(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}

/** pathPart escapes a path for use in a URL, keeping its slashes. */
export function pathPart(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** request asks the server and gives its JSON; a failure is a RequestError. */
export async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers: { ...credentials(), ...init.headers } });
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === "AbortError") throw problem;
    throw new RequestError("internal", "The workbench does not answer. Is profilemate serve still running?");
  }
  if (!response.ok) throw await faultOf(response);
  return (await response.json()) as T;
}

async function faultOf(response: Response): Promise<RequestError> {
  try {
    const fault = (await response.json()) as Partial<Fault>;
    if (fault.message) return new RequestError(fault.kind ?? "internal", fault.message);
  } catch {
    // Not this server's JSON: the status has to do.
  }
  if (response.status === 401 || response.status === 403) {
    return new RequestError("denied", "The server refuses this page. Open the URL that profilemate serve printed; it carries the token.");
  }
  return new RequestError("internal", `The server answered ${response.status} ${response.statusText}.`);
}

export const info = () => request<Info>("/api/workbench/info");

export const analyses = () => request<Analysis[]>("/api/workbench/analyses");

export const notebooks = () => request<NotebookEntry[] | null>("/api/workbench/notebooks");

export function createNotebook(path: string): Promise<{ path: string }> {
  return request("/api/workbench/notebooks", {
    method: "POST", body: JSON.stringify({ path }), headers: { "Content-Type": "application/json" },
  });
}

export function folder(path: string): Promise<Folder> {
  return request("/api/workbench/files?" + new URLSearchParams({ path }));
}

export function artifact(path: string, from: string): Promise<Artifact> {
  return request("/api/workbench/artifact?" + new URLSearchParams({ path, from }));
}

export interface PageQuery {
  offset: number;
  limit: number;
  sort: string;
  filter: string;
}

export function tablePage(key: string, table: string, q: PageQuery, signal: AbortSignal): Promise<Page> {
  const query = new URLSearchParams({ offset: String(q.offset), limit: String(q.limit) });
  if (q.sort !== "") query.set("sort", q.sort);
  if (q.filter !== "") query.set("filter", q.filter);
  return request(`${resultPath(key)}/tables/${encodeURIComponent(table)}?${query}`, { signal });
}

/** resultPath is where a stored result's views are. */
export function resultPath(key: string): string {
  return "/api/workbench/results/" + encodeURIComponent(key);
}
