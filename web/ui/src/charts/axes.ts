import type { Axis } from "../api/types";
import { exponential, quantity, trimmed } from "../tables/number";
import { scaleOne, type Scale } from "../tables/units";
import { besideNames, everyOf, foldTo, isTree, measureIn, nameSize, widthOf } from "./names";
import type { Theme } from "./theme";

export type Option = Record<string, unknown>;

/** AxisUse is an axis of numbers: what it measures, and from where to where. */
export interface AxisUse {
  axis: Axis;
  domain: [number, number];
  theme: Theme;
  vertical: boolean;
}

/** axisScale is the prefix an axis' ticks are written with; those of a log axis have one each. */
export function axisScale(axis: Axis, [low, high]: [number, number]): Scale {
  return axis.log ? { label: axis.unit ?? "", divisor: 1 } : scaleOne(axis.unit ?? "", Math.max(Math.abs(low), Math.abs(high)));
}

/** axisTitle is "label [unit]", with the unit as scaled and a log axis marked. */
export function axisTitle(axis: Axis, unit: string): string {
  const note = [unit, axis.log ? "log" : ""].filter(Boolean).join(", ");
  if (note === "" || axis.label === "") return axis.label + note;
  return `${axis.label} [${note}]`;
}

/** valueAxis is an axis of numbers. */
export function valueAxis({ axis, domain, theme, vertical }: AxisUse): Option {
  const scale = axisScale(axis, domain);
  const time = axis.log && isTime(scale.label);
  return {
    type: axis.log ? "log" : "value",
    min: domain[0],
    max: domain[1],
    splitNumber: 6,
    ...titled(axisTitle(axis, time ? "" : scale.label), theme, vertical),
    axisLabel: {
      color: theme.muted, fontSize: 11, hideOverlap: true,
      formatter: (v: number) => (axis.log ? logTick(v, axis.unit) : trimmed(v / scale.divisor, 4)),
    },
    axisLine: { show: true, lineStyle: { color: theme.line } },
    axisTick: { show: true, lineStyle: { color: theme.line } },
    minorTick: { show: axis.log === true, splitNumber: 9, lineStyle: { color: theme.line } },
    splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } },
  };
}

function isTime(unit: string): boolean {
  return unit === "ns" || unit === "s";
}

/** logTick has its own prefix, since decades span several; time has its unit too. */
function logTick(v: number, unit = ""): string {
  if (isTime(unit)) return quantity(v, unit, 3);
  return v < 1e-3 || v >= 1e18 ? exponential(v, 1) : quantity(v, "B", 3).replace(/\u00a0|B$/g, "");
}

/** NamedAxis is an axis of names, as they read in the room that there is. */
export interface NamedAxis {
  axis: Axis;
  names: string[];
  theme: Theme;
  /** width of the whole picture in px. */
  width: number;
}

/** axisBelow is an axis of names that stand side by side. */
export function axisBelow({ axis, names, theme, width }: NamedAxis): Option {
  const measure = measureIn(theme.font);
  const every = everyOf(names, 0.85 * width, measure);
  return {
    ...namedAxis(axis, names, theme, false),
    axisLabel: {
      color: theme.text, fontSize: nameSize, hideOverlap: true, formatter: (name: string) => foldTo(name, longest, measure),
      ...(every > 1 && names.length > fewNames ? { interval: (i: number) => i % every === 0 } : {}),
    },
  };
}

const longest = 260; // px of a name below a picture
const fewNames = 12; // up to which ECharts drops only those that would overlap

/** axisBeside is an axis of names one above the other, and the room that they take in px. */
export function axisBeside({ axis, names, theme, width }: NamedAxis): { option: Option; shown: string[]; room: number } {
  const measure = measureIn(theme.font);
  const shown = besideNames(names, width, measure);
  const wide = Math.ceil(widthOf(shown, measure));
  const option = {
    ...namedAxis(axis, names, theme, true),
    axisLabel: {
      color: theme.text, fontSize: nameSize, lineHeight: nameSize, interval: names.length > 40 ? "auto" : 0,
      formatter: (_: string, i: number) => shown[i] ?? "",
      // Names that are indented begin below each other, so that they read as a tree.
      ...(isTree(names) ? { align: "left", margin: wide + gap } : { margin: gap }),
    },
  };
  return { option, shown, room: wide + gap };
}

const gap = 8; // px between a name and its axis

function namedAxis(axis: Axis, names: string[], theme: Theme, vertical: boolean): Option {
  return {
    type: "category",
    data: names,
    inverse: vertical,
    ...titled(axisTitle(axis, axis.unit ?? ""), theme, vertical),
    // An inverse axis begins at the top, where the name belongs.
    nameLocation: vertical ? "start" : "middle",
    axisLine: { lineStyle: { color: theme.line } },
    axisTick: { show: false },
    splitLine: { show: false },
  };
}

function titled(title: string, theme: Theme, vertical: boolean): Option {
  return {
    name: title,
    nameLocation: vertical ? "end" : "middle",
    nameGap: vertical ? 12 : 28,
    nameTextStyle: { color: theme.muted, fontSize: 12, align: vertical ? "left" : "center" },
    ...(vertical ? { nameMoveOverlap: false } : {}),
  };
}

/** least and most work on long lists, where Math.min(...list) overflows the stack. */
export function least(values: number[]): number {
  return values.reduce((a, b) => (b < a ? b : a), Infinity);
}

export function most(values: number[]): number {
  return values.reduce((a, b) => (b > a ? b : a), -Infinity);
}
