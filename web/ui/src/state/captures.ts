import { effect, signal } from "@preact/signals";
import * as api from "../api/captures";
import type { Check, Entry, Plan, Recipe, Values } from "../api/captures";
import { sentence } from "../api/rest";
import { ended, machineKey, usedValues } from "../capture/words";

/** Draft is a capture to be made: a recipe and the values that are not its defaults. */
export interface Draft {
  recipe: string;
  values: Values;
  /** said is where it comes from, empty for nowhere. */
  said: string;
}

const storageKey = "profilemate.capture";

/** captureAt is what is shown of captures: null for nothing, "" for the list and the form, else a capture. */
export const captureAt = signal<string | null>(null);
export const recipes = signal<Recipe[]>([]);
export const entries = signal<Entry[] | null>(null);
export const draft = signal<Draft>(kept());
export const plan = signal<{ plan: Plan; command: string } | null>(null);
/** planTrouble is why there is no plan. */
export const planTrouble = signal("");
export const checks = signal<Check[] | null>(null);
export const checking = signal(false);
/** captureTrouble is why the last action failed. */
export const captureTrouble = signal("");

function kept(): Draft {
  const empty = { recipe: "", values: {}, said: "" };
  try {
    return { ...empty, ...(JSON.parse(sessionStorage.getItem(storageKey) ?? "{}") as Partial<Draft>) };
  } catch {
    return empty;
  }
}

/** loadCaptures asks for what can be captured and what was. */
export async function loadCaptures(): Promise<void> {
  try {
    if (recipes.peek().length === 0) recipes.value = await api.recipes();
    const first = recipes.peek()[0];
    if (first && !recipes.peek().some((r) => r.name === draft.peek().recipe)) setDraft({ recipe: first.name, values: {}, said: "" });
    await listCaptures();
  } catch (problem) {
    captureTrouble.value = sentence(problem);
  }
}

async function listCaptures(): Promise<void> {
  entries.value = await api.list();
  captureTrouble.value = "";
}

/** refreshCaptures looks at the captures again. */
export function refreshCaptures(): void {
  listCaptures().catch((problem: unknown) => (captureTrouble.value = sentence(problem)));
}

const listEvery = 2000; // ms between looks while a capture runs

/** followCaptures keeps the list as it is while one of them runs; the result ends that. */
export function followCaptures(): () => void {
  const timer = setInterval(() => {
    if ((entries.peek() ?? []).some((e) => !ended(e.state))) refreshCaptures();
  }, listEvery);
  return () => clearInterval(timer);
}

/** setDraft is what the form shows from now on. */
export function setDraft(d: Draft): void {
  draft.value = d;
  sessionStorage.setItem(storageKey, JSON.stringify(d));
}

/** chooseRecipe keeps the values that the other recipe has too. */
export function chooseRecipe(name: string): void {
  const recipe = recipes.peek().find((r) => r.name === name);
  if (recipe === undefined) return;
  const values: Values = {};
  for (const p of recipe.params) {
    const text = draft.peek().values[p.name];
    if (text !== undefined && text !== p.default && (p.kind !== "enum" || p.options?.includes(text))) values[p.name] = text;
  }
  setDraft({ recipe: name, values, said: "" });
}

const settled = 150; // ms after the last change before the server is asked

/** followDraft keeps the plan and what the machine lacks in step with the form; the result ends that. */
export function followDraft(): () => void {
  let request = new AbortController();
  let looked = "";
  const end = effect(() => {
    const { recipe, values } = draft.value;
    request.abort();
    request = new AbortController();
    const { signal } = request;
    const declared = recipes.value.find((r) => r.name === recipe);
    if (declared === undefined) return;
    setTimeout(() => void ask(recipe, usedValues(declared, values), signal), settled);
  });
  const ask = async (recipe: string, values: Values, signal: AbortSignal) => {
    if (signal.aborted) return;
    try {
      const made = await api.plan(recipe, values, signal);
      plan.value = made;
      planTrouble.value = "";
      const key = machineKey(made.plan);
      if (key === looked) return;
      await look(recipe, values, signal);
      looked = key;
    } catch (problem) {
      if (signal.aborted) return;
      checking.value = false;
      plan.value = null;
      planTrouble.value = sentence(problem);
    }
  };
  return () => {
    end();
    request.abort();
    plan.value = null;
  };
}

async function look(recipe: string, values: Values, signal: AbortSignal): Promise<void> {
  checking.value = true;
  checks.value = null;
  try {
    checks.value = await api.checks(recipe, values, signal);
  } finally {
    if (!signal.aborted) checking.value = false;
  }
}

/** startCapture starts what was planned and gives its id, null when it could not be. */
export async function startCapture(): Promise<string | null> {
  const planned = plan.peek();
  if (planned === null) return null;
  try {
    const job = await api.start(planned.plan.recipe, planned.plan.values);
    captureTrouble.value = "";
    refreshCaptures();
    return job.id;
  } catch (problem) {
    captureTrouble.value = sentence(problem);
    return null;
  }
}

/** propose makes a draft that looks closer at a kernel; false when it could not be. */
export async function propose(path: string, from: string, kernel: string): Promise<string> {
  try {
    const p = await api.closer(path, from, kernel);
    setDraft({ recipe: p.recipe, values: p.values, said: p.said });
    return "";
  } catch (problem) {
    return sentence(problem);
  }
}
