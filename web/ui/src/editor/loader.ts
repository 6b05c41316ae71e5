import { signal } from "@preact/signals";

/** editors makes editors once CodeMirror is there; null until then, when plain text fields do. */
export const editors = signal<typeof import("./codemirror") | null>(null);

/** loadEditors fetches CodeMirror beside the notebook, which does not wait for it. */
export function loadEditors(): void {
  void import("./codemirror").then((m) => (editors.value = m)).catch(() => undefined); // text fields go on
}
