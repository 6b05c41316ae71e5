import { signal } from "@preact/signals";

export type Overlay = "none" | "palette" | "keys" | "conflict";

/** overlay is the sheet that lies over the page; one at a time. */
export const overlay = signal<Overlay>("none");

/** search is the text looked for in the notebook; null when the search is closed. */
export const search = signal<string | null>(null);
