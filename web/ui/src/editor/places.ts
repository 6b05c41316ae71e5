// Places in the text of a cell: lines as errors name them, and code points as
// kernels count them.

export interface Place {
  line: number;
  /** column counts from 1; 0 where only the line is known. */
  column: number;
}

const named = /\bline (\d+)(?:, column (\d+))?/;

/** placeIn is the place that an error begins with; null where it names none. */
export function placeIn(message: string): Place | null {
  const found = /^line \d+/.test(message) ? named.exec(message) : null;
  return found === null ? null : { line: Number(found[1]), column: Number(found[2] ?? 0) };
}

/** Part is a stretch of a message, and the place that it names. */
export interface Part {
  text: string;
  place: Place | null;
}

/** partsOf splits a message at the places that it names. */
export function partsOf(message: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const found of message.matchAll(new RegExp(named, "g"))) {
    if (found.index > from) parts.push({ text: message.slice(from, found.index), place: null });
    parts.push({ text: found[0], place: { line: Number(found[1]), column: Number(found[2] ?? 0) } });
    from = found.index + found[0].length;
  }
  if (from < message.length) parts.push({ text: message.slice(from), place: null });
  return parts;
}

/** pointsBefore counts the code points of a text up to a position in UTF-16 units. */
export function pointsBefore(text: string, position: number): number {
  return [...text.slice(0, position)].length;
}

/** positionOf is the position in UTF-16 units behind so many code points. */
export function positionOf(text: string, points: number): number {
  let position = 0;
  for (const point of text) {
    if (points-- <= 0) break;
    position += point.length;
  }
  return position;
}
