// Names along an axis: how wide they are, what fits, and which of them are shown.

import { fold } from "../tables/fold";

/** indentMark begins the name of what lies below another, once for each level; see workbench/result. */
export const indentMark = "\u00b7 ";

/** nameSize is the size of names along an axis in px. */
export const nameSize = 11;

/** Measure gives the width of a text in px. */
export type Measure = (text: string) => number;

/** measureIn measures text in a font; without a document it takes all characters as equally wide. */
export function measureIn(font: string): Measure {
  const context = typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");
  if (context === null) return (text) => [...text].length * 0.55 * nameSize;
  context.font = `${nameSize}px ${font}`;
  return (text) => context.measureText(text).width;
}

/** isTree reports names that are indented, which must begin below each other. */
export function isTree(names: string[]): boolean {
  return names.some((n) => n.startsWith(indentMark));
}

/** nameRoom is the share of a picture's width that names beside it may take, as reports have it. */
const nameRoom = 0.42;

/** widest and least bound that room in px. */
const [widest, least] = [300, 60];

/** roomFor is how wide names beside a picture may be; those of a tree stay in one line and get more. */
export function roomFor(width: number, tree: boolean): number {
  return Math.max(least, Math.min(nameRoom * width, tree ? 1.5 * widest : widest));
}

/** foldTo folds a text until it is at most so many px wide. */
export function foldTo(text: string, room: number, measure: Measure): string {
  let folded = text;
  for (let n = [...text].length; n > 1 && measure(folded) > room;) {
    n = Math.min(n - 1, Math.floor((n * room) / measure(folded)) + 1);
    folded = fold(text, n);
  }
  return folded;
}

/** inLines writes a name on one line or two, parted between words; what is longer loses its middle. */
export function inLines(name: string, room: number, measure: Measure): string {
  const runes = [...name];
  if (measure(name) <= room) return name;
  let fits = runes.length;
  while (fits > 1 && measure(runes.slice(0, fits).join("")) > room) fits--;
  const half = Math.ceil(fits / 2);
  const words = /^.*[_<>,:(\s-]/.exec(runes.slice(half, fits).join(""));
  const at = words === null ? fits : half + [...words[0]].length;
  return `${runes.slice(0, at).join("").trimEnd()}\n${foldTo(runes.slice(at).join(""), room, measure)}`;
}

/** besideNames is what each name beside a picture reads, within the room that there is. */
export function besideNames(names: string[], width: number, measure: Measure): string[] {
  const tree = isTree(names);
  const room = roomFor(width, tree);
  return names.map((n) => (tree ? foldTo(n, room, measure) : inLines(n, room, measure)));
}

/** widthOf is the width of the widest line of all names. */
export function widthOf(shown: string[], measure: Measure): number {
  return shown.flatMap((n) => n.split("\n")).reduce((w, line) => Math.max(w, measure(line)), 0);
}

/** everyOf is how many names below a picture one shown name stands for: 1, 2 or 5 times a power of ten. */
export function everyOf(names: string[], width: number, measure: Measure): number {
  const need = Math.min(96, names.reduce((w, n) => Math.max(w, measure(n)), 0)) + 8;
  const raw = (need * names.length) / Math.max(width, 1);
  for (let power = 1; ; power *= 10) {
    const factor = [1, 2, 5].find((m) => m * power >= raw);
    if (factor !== undefined) return factor * power;
  }
}
