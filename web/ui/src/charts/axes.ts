import type { Axis } from "../api/types";
import { exponential, quantity, trimmed } from "../tables/number";
import { scaleOne, type Scale } from "../tables/units";
import { fold } from "../tables/fold";
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

const lineLength = 46; // characters of a category that fit beside lying bars

/** tickLines writes a category on one line or two, parted between words; what is longer loses its middle. */
export function tickLines(name: string): string {
  if (name.length <= lineLength) return name;
  const from = lineLength / 2;
  const words = /^.*[_<>,:(\s-]/.exec(name.slice(from, lineLength));
  const at = words === null ? lineLength : from + words[0].length;
  return `${name.slice(0, at)}\n${fold(name.slice(at), lineLength)}`;
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

/** categoryAxis is an axis of names. */
export function categoryAxis(axis: Axis, names: string[], theme: Theme, vertical: boolean): Option {
  return {
    type: "category",
    data: names,
    inverse: vertical,
    ...titled(axisTitle(axis, axis.unit ?? ""), theme, vertical),
    // An inverse axis begins at the top, where the name belongs.
    nameLocation: vertical ? "start" : "middle",
    axisLabel: {
      color: theme.text, fontSize: 11, hideOverlap: !vertical, formatter: vertical ? tickLines : (name: string) => fold(name, lineLength),
      ...(vertical ? { lineHeight: 11, interval: names.length > 40 ? "auto" : 0 } : {}),
    },
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
