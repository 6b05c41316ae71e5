// The ends of axes, worked out as workbench/render/scale.go does for reports, so
// that the page and a report show the same picture. A test holds both to its
// golden file. Ticks are left to ECharts, which finds finer ones when zooming.

import type { Axis, Chart } from "../api/types";

/** Extent is the least and the largest value; null when there is none. */
export type Extent = [number, number] | null;

const close = 1e-10;

export function extentOf(values: Iterable<number>): Extent {
  let extent: Extent = null;
  for (const v of values) extent = extent === null ? [v, v] : [Math.min(extent[0], v), Math.max(extent[1], v)];
  return extent;
}

/** domainOf is where an axis begins and ends. Widening takes it outwards to its ticks. */
export function domainOf(axis: Axis, extent: Extent, widen: boolean): [number, number] {
  return axis.log ? logDomain(axis, extent) : linearDomain(axis, extent, widen);
}

function linearDomain(axis: Axis, extent: Extent, widen: boolean): [number, number] {
  let [low, high] = spread(extent);
  if (widen) {
    const step = niceStep(high - low);
    low = Math.floor(low / step + 1e-9) * step;
    high = Math.ceil(high / step - 1e-9) * step;
  }
  return bounded(axis, low, high);
}

function spread(extent: Extent): [number, number] {
  if (extent === null) return [0, 1];
  const [low, high] = extent;
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > size * close) return [low, high];
  return size === 0 ? [0, 1] : [low - size / 2, high + size / 2];
}

function logDomain(axis: Axis, extent: Extent): [number, number] {
  let [low, high] = extent ?? [1, 10];
  if (high <= low * (1 + close)) [low, high] = [low / Math.sqrt(10), high * Math.sqrt(10)];
  return bounded(axis, stepBelow(low), stepAbove(high));
}

/** niceStep is the least of 1, 2 and 5 times a power of ten that makes at most six steps of the span. */
export function niceStep(span: number): number {
  const raw = span / 6;
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5].find((m) => raw <= m * power * (1 + 1e-9)) ?? 10;
  return factor * power;
}

function stepBelow(v: number): number {
  const power = 10 ** Math.floor(Math.log10(v) + 1e-9);
  return power * ([5, 2, 1].find((m) => m * power <= v * (1 + 1e-9)) ?? 1);
}

function stepAbove(v: number): number {
  const power = 10 ** Math.floor(Math.log10(v) + 1e-9);
  return power * ([1, 2, 5, 10].find((m) => m * power > v * (1 + 1e-9)) ?? 20);
}

function bounded(axis: Axis, low: number, high: number): [number, number] {
  const usable = (v: number | undefined): v is number => v !== undefined && Number.isFinite(v) && (!axis.log || v > 0);
  const from = usable(axis.min) ? axis.min : low;
  const to = usable(axis.max) ? axis.max : high;
  return to - from <= Math.max(Math.abs(from), Math.abs(to)) * close ? [low, high] : [from, to];
}

/** pointExtents covers the points that both axes can show. */
export function pointExtents(chart: Chart): { x: Extent; y: Extent } {
  const xs: number[] = [];
  const ys: number[] = [];
  for (const s of chart.series ?? []) {
    s.y.forEach((y, i) => {
      const x = s.x && s.x.length > 0 ? s.x[i] ?? null : i;
      if (!drawable(x, chart.x) || !drawable(y, chart.y)) return;
      xs.push(x);
      ys.push(y);
    });
  }
  return { x: extentOf(xs), y: extentOf(ys) };
}

/** barExtent covers the ends of all bars, and their baseline. */
export function barExtent(chart: Chart): Extent {
  const ends: number[] = [];
  const up = new Map<number, number>();
  const down = new Map<number, number>();
  for (const s of chart.series ?? []) {
    s.y.forEach((v, i) => {
      if (!drawable(v, chart.y)) return;
      const base = v < 0 ? down : up;
      const end = chart.stacked ? (base.get(i) ?? 0) + v : v;
      base.set(i, end);
      ends.push(end);
    });
  }
  if (chart.y.log || ends.length === 0) return extentOf(ends);
  const [low, high] = extentOf([...ends, 0])!;
  return low === 0 && high === 0 ? [0, 1] : [low, high];
}

function drawable(v: number | null, axis: Axis): v is number {
  return v !== null && Number.isFinite(v) && (!axis.log || v > 0);
}
