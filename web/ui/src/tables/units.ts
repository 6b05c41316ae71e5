// Units of the data and the prefixes they are shown with. Inside, time is ns and
// sizes are bytes; scaling is for the eye only.

export interface Scale {
  /** label is the unit on screen: "ms", "MB", "TFLOP/s". */
  label: string;
  /** divisor turns a stored value into a shown one. */
  divisor: number;
}

const decimal: [number, string][] = [[1, ""], [1e3, "k"], [1e6, "M"], [1e9, "G"], [1e12, "T"], [1e15, "P"]];
const timeFromNs: Scale[] = [
  { label: "ns", divisor: 1 }, { label: "µs", divisor: 1e3 }, { label: "ms", divisor: 1e6 }, { label: "s", divisor: 1e9 },
];
const timeFromS: Scale[] = [
  { label: "ns", divisor: 1e-9 }, { label: "µs", divisor: 1e-6 }, { label: "ms", divisor: 1e-3 }, { label: "s", divisor: 1 },
];
// Units that take a prefix, and their rates; package render has the same.
const prefixed = new Set(["B", "FLOP", "OP", "Hz", "bit", "inst", "W", "J"]);

/** scalesOf lists the scales that a unit can be shown in, smallest first. */
export function scalesOf(unit: string): Scale[] {
  if (unit === "ns") return timeFromNs;
  if (unit === "s") return timeFromS;
  if (!prefixed.has(unit.replace(/[/]s$/, ""))) return [{ label: unit, divisor: 1 }];
  return decimal.map(([divisor, prefix]) => ({ label: prefix + unit, divisor }));
}

/**
 * scaleFor picks one scale for a whole column or axis: the largest in which the
 * middle value is still at least a tenth, so that neither end becomes unreadable.
 */
export function scaleFor(unit: string, values: Iterable<number>): Scale {
  const sizes = [...values].map(Math.abs).filter((v) => v > 0 && Number.isFinite(v)).sort((a, b) => a - b);
  const scales = scalesOf(unit);
  const middle = sizes[sizes.length >> 1] ?? 0;
  const largest = sizes[sizes.length - 1] ?? 0;
  let best = largest === 0 ? scales.find((s) => s.divisor === 1)! : scales[0]!;
  for (const s of scales) {
    if (largest >= s.divisor && middle >= s.divisor / 10) best = s;
  }
  return best;
}

/** scaleOne is the scale for a single value. */
export function scaleOne(unit: string, value: number): Scale {
  return scaleFor(unit, [value]);
}
