import type { Check, Group, Job, JobState, PhaseState, Plan, Recipe, Values } from "../api/captures";
import type { Analysis, Param } from "../api/types";

/** ended reports whether nothing follows a state. */
export function ended(state: JobState): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}

const stateNames: Record<JobState, string> = {
  planned: "Starting", queued: "Waiting", preparing: "Preparing", running: "Running", stopping: "Stopping",
  finishing: "Reading the results", done: "Done", failed: "Failed", cancelled: "Stopped",
};

/** stateWord says how far a capture is. */
export function stateWord(state: JobState): string {
  return stateNames[state];
}

/** quoted writes arguments as a shell would take them. */
export function quoted(args: string[]): string {
  return args.map((a) => (/^[\w@%+=:,./-]+$/.test(a) ? a : `'${a.replaceAll("'", `'\\''`)}'`)).join(" ");
}

/** about writes a time that is only estimated: "about 2 min". */
export function about(ns: number): string {
  const seconds = ns / 1e9;
  if (seconds < 1) return "a moment";
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds / (seconds < 10 ? 1 : 5)) * (seconds < 10 ? 1 : 5))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${minutes} min` : `about ${Math.round(minutes / 60)} h`;
}

/** PhaseRow is a phase of a plan and how it stands. */
export interface PhaseRow {
  name: string;
  title: string;
  state: "done" | "now" | "cut" | "ahead";
  expect: number;
  /** spent is how long it took, or has taken by now, in ns. */
  spent: number;
}

/** phaseRows lines up the phases of the plan with those begun; now is in ms. */
export function phaseRows(job: Job, now: number): PhaseRow[] {
  const begun = new Map<string, PhaseState>();
  for (const p of job.phases ?? []) begun.set(p.name, p);
  const last = job.phases?.at(-1)?.name;
  return job.plan.phases.map((p) => {
    const b = begun.get(p.name);
    const end = b?.ended ? Date.parse(b.ended) : now;
    const spent = b ? Math.max(0, end - Date.parse(b.started)) * 1e6 : 0;
    return { name: p.name, title: p.title, expect: p.expect ?? 0, spent, state: stateOf(job, b, p.name === last) };
  });
}

function stateOf(job: Job, begun: PhaseState | undefined, last: boolean): PhaseRow["state"] {
  if (begun === undefined) return "ahead";
  if (!begun.ended) return "now";
  return last && (job.state === "failed" || job.state === "cancelled") ? "cut" : "done";
}

/** given are the values that are not the recipe's defaults. */
export function given(recipe: Recipe, values: Values): Values {
  const out: Values = {};
  for (const p of recipe.params) {
    const text = values[p.name];
    if (text !== undefined && text !== p.default) out[p.name] = text;
  }
  return out;
}

/** inUse are the groups of a recipe whose parameters play a part with these values. */
export function inUse(recipe: Recipe, values: Values): Group[] {
  const valueOf = (name: string) => values[name] ?? recipe.params.find((p) => p.name === name)?.default ?? "";
  return recipe.groups.filter((g) => !g.when || g.when.some((c) => c.values.includes(valueOf(c.param))));
}

/** usedValues are the values whose parameters play a part; the others wait in the form until they do. */
export function usedValues(recipe: Recipe, values: Values): Values {
  const used = new Set(inUse(recipe, values).flatMap((g) => g.params));
  return Object.fromEntries(Object.entries(values).filter(([name]) => used.has(name)));
}

/** withValue is values with another one; the default, and nothing, are left out. */
export function withValue(values: Values, param: Param, text: string): Values {
  const { [param.name]: _, ...rest } = values;
  const value = text.trim();
  return value === "" || value === param.default ? rest : { ...rest, [param.name]: value };
}

/** changed counts the parameters of a group that are not at their defaults. */
export function changed(group: Group, values: Values): number {
  return group.params.filter((name) => values[name] !== undefined).length;
}

/** ofNsys reports whether an analysis is about one capture of Nsight Systems. */
export function ofNsys(list: Analysis[], name: string | undefined): boolean {
  const roles = list.find((a) => a.name === name)?.roles ?? [];
  return roles.length === 1 && roles[0]!.Kind === "nsys";
}

/** worst orders checks: what is in the way first, what is well last. */
export function worst(checks: Check[]): Check[] {
  const order = ["failed", "warning", "unknown", "ok"];
  return [...checks].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
}

/** machineKey tells plans apart that rest on other things of the machine. */
export function machineKey(plan: Plan): string {
  return JSON.stringify([plan.recipe, plan.needs ?? [], plan.values["port"] ?? "", plan.values["server-command"] ?? "", plan.values["mode"] ?? ""]);
}
