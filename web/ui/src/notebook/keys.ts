// Names of keys, and which command a key or a pair of keys stands for.

/** Bindable is what the keyboard needs to know of a command. */
export interface Bindable {
  keys: string[];
  /** anywhere: also while text is edited. */
  anywhere?: boolean;
}

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

const typable = /^[^a-zA-Z0-9]$/;

/** keyName is a key press as the sheet writes it: "Ctrl-Shift-ArrowUp", "a", "?". */
export function keyName(e: KeyPress): string {
  const mods: string[] = [];
  if (e.ctrlKey || e.metaKey) mods.push("Ctrl");
  if (e.altKey) mods.push("Alt");
  // A sign such as "?" needs Shift on some keyboards and not on others.
  if (e.shiftKey && !typable.test(e.key)) mods.push("Shift");
  const key = e.key === " " ? "Space" : e.key.length === 1 ? e.key.toLowerCase() : e.key;
  return [...mods, key].join("-");
}

/** Match is a command, or that a key may be the first of a pair. */
export type Match<T> = { command: T } | { pending: string } | null;

/** match finds the command of a key, given the key pressed just before it. */
export function match<T extends Bindable>(commands: T[], pending: string, key: string, editing: boolean): Match<T> {
  const usable = commands.filter((c) => c.anywhere || !editing);
  const pair = usable.find((c) => c.keys.includes(`${pending} ${key}`));
  if (pair) return { command: pair };
  const single = usable.find((c) => c.keys.includes(key));
  if (single) return { command: single };
  return usable.some((c) => c.keys.some((k) => k.startsWith(key + " "))) ? { pending: key } : null;
}

const names: Record<string, string> = { ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };

/** spoken writes a key name for people: "Ctrl-Shift-↑", "D D". */
export function spoken(keys: string): string {
  return keys.split(" ").map((k) => k.split("-").map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join("-")).join(" ");
}
