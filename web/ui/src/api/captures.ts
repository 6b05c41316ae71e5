// Captures: docs/api.md, workbench/job and web/captures.go in Go.

import { request } from "./rest";
import type { Finding, Param } from "./types";
import { withToken } from "./token";

export type Values = Record<string, string>;

/** Condition holds where a parameter has one of some values. */
export interface Condition {
  param: string;
  values: string[];
}

/** Group is parameters that belong together; they play a part where one of the conditions holds, or there is none. */
export interface Group {
  title: string;
  params: string[];
  when?: Condition[];
}

export interface Named {
  name: string;
  doc: string;
}

/** Recipe is a kind of capture, as it is declared. */
export interface Recipe {
  name: string;
  title: string;
  doc: string;
  params: Param[];
  groups: Group[];
  outputs: Named[];
}

/** Phase is a part of a capture; expect is ns. */
export interface Phase {
  name: string;
  title: string;
  expect?: number;
}

export interface Command {
  phase: string;
  doc: string;
  args: string[];
  env?: string[];
}

export interface Plan {
  recipe: string;
  title: string;
  values: Values;
  folder: string;
  gpus: string[] | null;
  phases: Phase[];
  commands: Command[] | null;
  notes?: Finding[];
  outputs: Named[] | null;
  needs?: string[];
}

export interface Check {
  name: string;
  status: "ok" | "warning" | "failed" | "unknown";
  said: string;
  remedy?: string;
}

export interface Proposal {
  recipe: string;
  values: Values;
  said: string;
}

export type JobState = "planned" | "queued" | "preparing" | "running" | "stopping" | "finishing" | "done" | "failed" | "cancelled";

/** Entry is a capture in a list. */
export interface Entry {
  id: string;
  recipe: string;
  title: string;
  state: JobState;
  phase: string;
  created: string;
  ended?: string;
  leftNs: number | null;
}

export interface PhaseState {
  name: string;
  started: string;
  ended?: string;
}

export interface Made {
  name: string;
  path: string;
  kind: string;
  doc: string;
  template?: string;
  file?: string;
}

/** Job is a capture with all that is known of it. */
export interface Job {
  id: string;
  plan: Plan;
  state: JobState;
  created: string;
  started?: string;
  ended?: string;
  waits?: string;
  phases?: PhaseState[];
  done?: number;
  total?: number;
  error?: string;
  remedy?: string;
  findings: Finding[];
  artifacts: Made[];
  leftNs: number | null;
}

export interface JobEvent {
  seq: number;
  time: string;
  kind: "state" | "phase" | "progress" | "log" | "finding" | "artifact";
  source?: string;
  text?: string;
}

export type FeedMessage =
  | { type: "capture"; capture: Job }
  | { type: "events"; events: JobEvent[] }
  | { type: "failed"; error: { kind: string; message: string } };

const base = "/api/workbench/captures";

function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return request(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, signal });
}

const one = (id: string) => `${base}/${encodeURIComponent(id)}`;

export const recipes = () => request<Recipe[]>("/api/workbench/recipes");
export const list = () => request<Entry[]>(base);
export const plan = (recipe: string, values: Values, signal: AbortSignal) => post<{ plan: Plan; command: string }>(`${base}/plan`, { recipe, values }, signal);
export const checks = (recipe: string, values: Values, signal: AbortSignal) => post<Check[]>(`${base}/checks`, { recipe, values }, signal);
export const closer = (path: string, from: string, kernel: string) => post<Proposal>(`${base}/closer`, { path, from, kernel });
export const get = (id: string) => request<Job>(one(id));
export const start = (recipe: string, values: Values) => post<Job>(base, { recipe, values });
export const stop = (id: string) => post<Job>(`${one(id)}/stop`, {});
export const remove = (id: string) => request<{ removed: string }>(one(id), { method: "DELETE" });
export const notebookOf = (id: string, artifact: string) => post<{ path: string }>(`${one(id)}/notebook`, { artifact });

/** feedURL is the socket that tells of a capture from event number from on. */
export function feedURL(id: string, from: number): string {
  const scheme = location.protocol === "https:" ? "wss://" : "ws://";
  return scheme + location.host + withToken(`${one(id)}/events?from=${from}`);
}
