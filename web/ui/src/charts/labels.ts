// Names beside the dots and lines of a chart, placed anew whenever it is laid out.

import type { Chart, Series } from "../api/types";
import type { Option } from "./axes";
import { around, beside, Placed, type Scene } from "./placing";
import type { Theme } from "./theme";

/** mostNamed is the most points that are named in place; more would hide each other. */
const mostNamed = 12;

/** Locate gives the pixel of a pair of values; null while the chart is not drawn. */
export type Locate = (at: [number, number]) => [number, number] | null;

interface LayoutParams { seriesIndex: number; dataIndex?: number; labelRect: { width: number; height: number } }

/** Labels places the names of one drawn chart. */
export class Labels {
  /** locate is set when the chart is drawn. */
  locate: Locate = () => null;
  private placed: Placed | null = null;
  private done = new Set<string>();
  private corners: (readonly [number, number] | null)[] = [];

  constructor(
    private readonly chart: Chart,
    private readonly domain: { x: [number, number]; y: [number, number] },
    private readonly isLine: (s: Series) => boolean,
    private readonly radius: (s: Series, index: number) => number,
  ) {}

  /** named: the dots are few enough to carry their names. */
  get named(): boolean {
    return this.list.filter((s) => !this.isLine(s)).reduce((n, s) => n + s.y.length, 0) <= mostNamed;
  }

  /** at is ECharts' labelLayout for the series: where a name stands, far outside where there is no room. */
  readonly at = (p: LayoutParams): Option => {
    const series = this.list[p.seriesIndex];
    const key = `${p.seriesIndex} ${p.dataIndex ?? -1}`;
    // ECharts does not say when it lays out again: a name comes twice, or the picture has moved.
    if (this.placed === null || this.done.has(key) || String(this.corners) !== String(this.cornersNow())) this.begin();
    this.done.add(key);
    if (series === undefined || this.placed === null) return {};
    const { width, height } = p.labelRect;
    const candidates = this.isLine(series) ? beside(this.pixels(series), width, height) : this.aroundDot(series, p.dataIndex ?? 0, width, height);
    const box = this.placed.put(candidates);
    return box === null ? { x: -9999, y: -9999 } : { x: box.x0, y: (box.y0 + box.y1) / 2, align: "left", verticalAlign: "middle" };
  };

  private get list(): Series[] {
    return this.chart.series ?? [];
  }

  private cornersNow() {
    return [this.locate([this.domain.x[0], this.domain.y[0]]), this.locate([this.domain.x[1], this.domain.y[1]])];
  }

  private begin(): void {
    this.done = new Set();
    this.corners = this.cornersNow();
    const [from, to] = this.corners;
    this.placed = !from || !to ? null : new Placed({ x0: from[0], y0: to[1], x1: to[0], y1: from[1] }, this.scene());
  }

  private scene(): Pick<Scene, "dots" | "lines"> {
    const dots = this.list.filter((s) => !this.isLine(s)).flatMap((s) => s.y.map((_, i) => this.dot(s, i)).filter((d) => d !== null));
    return { dots, lines: this.list.filter(this.isLine).map((s) => this.pixels(s)) };
  }

  private aroundDot(s: Series, index: number, width: number, height: number) {
    const dot = this.dot(s, index);
    return dot === null ? [] : around(dot, width, height);
  }

  private dot(s: Series, index: number): { x: number; y: number; r: number } | null {
    const at = this.pixel(s, index);
    return at === null ? null : { x: at[0], y: at[1], r: this.radius(s, index) };
  }

  private pixels(s: Series): [number, number][] {
    return s.y.map((_, i) => this.pixel(s, i)).filter((p) => p !== null);
  }

  private pixel(s: Series, index: number): [number, number] | null {
    const y = s.y[index] ?? null;
    const x = s.x && s.x.length > 0 ? s.x[index] ?? null : index;
    if (x === null || y === null || (this.chart.x.log && x <= 0) || (this.chart.y.log && y <= 0)) return null;
    return this.locate([x, y]);
  }
}

/** nameStyle is how a name beside a dot or a line looks. */
export function nameStyle(text: string, theme: Theme, muted: boolean): Option {
  return { show: true, formatter: text, color: muted ? theme.muted : theme.text, fontSize: 11, position: "right", distance: 0 };
}
