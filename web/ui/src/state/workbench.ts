import { signal } from "@preact/signals";
import * as rest from "../api/rest";
import type { Analysis, Info, NotebookEntry } from "../api/types";

export const info = signal<Info | null>(null);
export const analyses = signal<Analysis[]>([]);
export const notebooks = signal<NotebookEntry[] | null>(null);
/** trouble is why the page has nothing to show; empty when it has. */
export const trouble = signal("");

/** loadWorkbench asks for all that does not change while the page is open. */
export async function loadWorkbench(): Promise<void> {
  try {
    const [i, a] = await Promise.all([rest.info(), rest.analyses()]);
    info.value = i;
    analyses.value = a;
    trouble.value = "";
  } catch (problem) {
    trouble.value = rest.sentence(problem);
  }
}

export async function loadNotebooks(): Promise<void> {
  try {
    notebooks.value = (await rest.notebooks()) ?? [];
  } catch (problem) {
    trouble.value = rest.sentence(problem);
  }
}

export function analysisNamed(name: string): Analysis | undefined {
  return analyses.value.find((a) => a.name === name);
}
