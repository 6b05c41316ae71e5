import type { Axis } from "../api/types";
import { trimmed } from "../tables/number";
import { scaleFor, type Scale } from "../tables/units";
import { looksLikeKernel, shortKernelName } from "../tables/kernelname";
import type { Theme } from "./theme";

export type Option = Record<string, unknown>;

/** AxisUse is where an axis lies and what it measures. */
export interface AxisUse {
  axis: Axis;
  values: number[];
  theme: Theme;
  /** bars begin at zero, whatever the data. */
  fromZero?: boolean;
  vertical: boolean;
}

/** axisScale is the prefix an axis' ticks are written with. */
export function axisScale(axis: Axis, values: number[]): Scale {
  return axis.categories ? { label: axis.unit ?? "", divisor: 1 } : scaleFor(axis.unit ?? "", values);
}

/** axisTitle is "label [unit]", with the unit as scaled and a log axis marked. */
export function axisTitle(axis: Axis, scale: Scale): string {
  const unit = scale.label === "" ? "" : ` [${scale.label}]`;
  return `${axis.label}${unit}${axis.log ? ", log" : ""}`;
}

/** shortCategory is a category as its tick says it. */
export function shortCategory(name: string): string {
  return looksLikeKernel(name) ? shortKernelName(name) : name;
}

const lineLength = 46; // characters of a category that fit beside lying bars

/** tickLines writes a category on one line or two; what is longer loses its middle and shows in full on hover. */
export function tickLines(name: string): string {
  const short = shortCategory(name);
  if (short.length <= lineLength) return short;
  const rest = short.slice(lineLength);
  const second = rest.length <= lineLength ? rest : "…" + rest.slice(rest.length - lineLength + 1);
  return `${short.slice(0, lineLength)}\n${second}`;
}

/** valueAxis is an axis of numbers. */
export function valueAxis(use: AxisUse): Option {
  const { axis, values, theme, vertical } = use;
  const scale = axisScale(axis, values);
  return {
    type: axis.log ? "log" : "value",
    min: axis.min ?? (axis.log ? decadeBelow(values) : undefined),
    max: axis.max ?? (axis.log ? decadeAbove(values) : undefined),
    scale: !use.fromZero,
    ...titled(axisTitle(axis, scale), theme, vertical),
    axisLabel: {
      color: theme.muted, fontSize: 11, hideOverlap: true,
      formatter: (v: number) => tick(v / scale.divisor, axis.log === true),
    },
    axisLine: { show: true, lineStyle: { color: theme.line } },
    axisTick: { show: true, lineStyle: { color: theme.line } },
    minorTick: { show: axis.log === true, splitNumber: 9, lineStyle: { color: theme.line } },
    splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } },
  };
}

/** categoryAxis is an axis of names. */
export function categoryAxis(axis: Axis, names: string[], theme: Theme, vertical: boolean): Option {
  return {
    type: "category",
    data: names,
    inverse: vertical,
    ...titled(axisTitle(axis, { label: axis.unit ?? "", divisor: 1 }), theme, vertical),
    // An inverse axis begins at the top, where the name belongs.
    nameLocation: vertical ? "start" : "middle",
    axisLabel: {
      color: theme.text, fontSize: 11, hideOverlap: !vertical, formatter: vertical ? tickLines : shortCategory,
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

const powers = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function tick(value: number, log: boolean): string {
  if (log && (value >= 1e5 || value < 1e-3)) {
    const exponent = Math.round(Math.log10(value));
    const digits = [...String(Math.abs(exponent))].map((d) => powers[Number(d)]).join("");
    return `10${exponent < 0 ? "⁻" : ""}${digits}`;
  }
  return trimmed(value, 4);
}

function decadeBelow(values: number[]): number | undefined {
  const positive = values.filter((v) => v > 0);
  return positive.length === 0 ? undefined : 10 ** Math.floor(Math.log10(least(positive)));
}

function decadeAbove(values: number[]): number | undefined {
  const positive = values.filter((v) => v > 0);
  return positive.length === 0 ? undefined : 10 ** Math.ceil(Math.log10(most(positive)));
}

/** least and most work on long lists, where Math.min(...list) overflows the stack. */
export function least(values: number[]): number {
  return values.reduce((a, b) => (b < a ? b : a), Infinity);
}

export function most(values: number[]): number {
  return values.reduce((a, b) => (b > a ? b : a), -Infinity);
}
