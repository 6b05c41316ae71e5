// Where the names of dots and of lines stand, as workbench/render/placing.go has
// it: off dots, off each other, and on a line only if nothing else is left.

/** Box is a place of the picture in px. */
export interface Box { x0: number; y0: number; x1: number; y1: number }

export interface Dot { x: number; y: number; r: number }

type Place = [number, number];

/** Scene is what a chart draws, in px. */
export interface Scene {
  frame: Box;
  dots: Dot[];
  lines: Place[][];
}

/** Placed keeps what is taken in a picture. */
export class Placed {
  private readonly taken: Box[];
  private readonly lines: Box[];

  constructor(private readonly frame: Box, scene: Pick<Scene, "dots" | "lines">) {
    this.taken = scene.dots.map((d) => ({ x0: d.x - d.r, y0: d.y - d.r, x1: d.x + d.r, y1: d.y + d.r }));
    this.lines = scene.lines.flatMap(along);
  }

  /** put takes the first free candidate; null where none is. */
  put(candidates: Box[]): Box | null {
    for (const overLines of [false, true]) {
      const found = candidates.find((b) => this.free(b, overLines));
      if (found === undefined) continue;
      this.taken.push(found);
      return found;
    }
    return null;
  }

  private free(b: Box, overLines: boolean): boolean {
    const { frame } = this;
    if (b.x0 < frame.x0 || b.x1 > frame.x1 || b.y0 < frame.y0 - (b.y1 - b.y0) || b.y1 > frame.y1) return false;
    return !this.taken.some((t) => overlap(b, t)) && (overLines || !this.lines.some((t) => overlap(b, t)));
  }
}

function overlap(a: Box, b: Box): boolean {
  return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
}

/** around lists where the name of a dot may stand, best first. */
export function around(d: Dot, width: number, height: number): Box[] {
  const gap = d.r + 4;
  const at = (x: number, y: number): Box => ({ x0: x, y0: y - height / 2, x1: x + width, y1: y + height / 2 });
  const up = gap + height / 2;
  return [
    at(d.x + gap, d.y), at(d.x - gap - width, d.y), at(d.x - width / 2, d.y - up), at(d.x - width / 2, d.y + up),
    at(d.x + gap, d.y + gap), at(d.x - gap - width, d.y + gap), at(d.x + gap, d.y - gap), at(d.x - gap - width, d.y - gap),
  ];
}

/** beside lists where the name of a line may stand: along its flat end, from either side, else under its rise. */
export function beside(line: Place[], width: number, height: number): Box[] {
  const at = (x: number, base: number): Box => ({ x0: x, y0: base - height, x1: x + width, y1: base });
  const first = line[0];
  const end = line[line.length - 1];
  if (first === undefined || end === undefined) return [];
  const bend = line.length > 1 ? line[line.length - 2]! : first;
  if (Math.abs(bend[1] - end[1]) > 0.5) {
    return [at(first[0] + 14, first[1] + height - 2), at(first[0] + 4, first[1] - 16), at((first[0] + end[0]) / 2 + 12, (first[1] + end[1]) / 2 + height + 2)];
  }
  const [left, right] = [bend[0] + 8, end[0] - width - 4];
  const flat = [right, left + 10, (left + right) / 2].flatMap((x) => [at(x, end[1] - 2), at(x, end[1] + height + 2)]);
  return [...flat, at(end[0] - 2 * width - 12, end[1] - 2), at(end[0] - 2 * width - 12, end[1] + height + 2)];
}

/** along covers a line with small boxes. */
function along(points: Place[]): Box[] {
  const boxes: Box[] = [];
  points.slice(1).forEach((b, i) => {
    const a = points[i]!;
    const steps = Math.min(400, Math.floor(Math.max(Math.abs(b[0] - a[0]), Math.abs(b[1] - a[1])) / 5) + 1);
    for (let k = 0; k <= steps; k++) {
      const x = a[0] + ((b[0] - a[0]) * k) / steps;
      const y = a[1] + ((b[1] - a[1]) * k) / steps;
      boxes.push({ x0: x - 1, y0: y - 1, x1: x + 1, y1: y + 1 });
    }
  });
  return boxes;
}
