// Names and paths that are too long lose their middle: they differ at both ends.

/** fold shortens a text as workbench/render does: a third of what fits is kept at the end. */
export function fold(text: string, width: number): string {
  const runes = [...text];
  if (runes.length <= width) return text;
  if (width < 3) return runes.slice(0, Math.max(0, width)).join("");
  const tail = Math.floor((width - 1) / 3);
  return runes.slice(0, width - 1 - tail).join("") + "…" + runes.slice(runes.length - tail).join("");
}

/** parts cuts a path or file name where it may be folded: what gives way, and the end, which stays. */
export function parts(text: string, longest = 20): { head: string; tail: string } {
  const slash = text.lastIndexOf("/", text.length - 2);
  const at = Math.max(slash > 0 ? slash : 0, text.length - longest);
  // Without a folder, the end of a name is its extension and what stands before it.
  const from = slash > 0 ? at : Math.max(at, text.length - 8);
  return { head: text.slice(0, from), tail: text.slice(from) };
}
