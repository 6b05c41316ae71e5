import { useEffect, useMemo, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { resultPath } from "../api/rest";
import { withToken } from "../api/token";
import type { Chart } from "../api/types";
import { dark } from "../state/settings";
import { Button } from "../ui/Button";
import { drawer, loadDrawer } from "./drawer";
import type { EChartsType } from "./echarts";
import { draw, empty, followsWidth, summary } from "./option";
import { pageTheme } from "./theme";

/** widthStep is by how many px a picture must change before its names are folded anew. */
const widthStep = 40;

/** ChartView is one chart: drawn when it first comes into view, and again when the light changes. */
export function ChartView({ chart, resultKey, title = true }: { chart: Chart; resultKey: string; title?: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<EChartsType | null>(null);
  const trouble = useSignal("");
  const isDark = dark.value;
  const width = useSignal(0); // of the picture in px, in steps; 0 until it is known
  const drawing = useMemo(() => draw(chart, pageTheme(isDark), width.value || undefined), [chart, isDark, width.value]);
  const none = empty(chart);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    return whenSeen(element, async (printing) => {
      const { init } = drawer() ?? (await loadDrawer());
      if (!element.isConnected) return;
      drawn.current?.dispose();
      const instance = init(element);
      drawn.current = instance;
      if (drawing.labels) drawing.labels.locate = (at) => located(instance.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, at));
      instance.setOption(printing ? { ...drawing.option, animation: false } : drawing.option); // paper does not wait
    }, () => (trouble.value = "The chart could not be loaded; reload the page to try again."));
  }, [drawing]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const resize = new ResizeObserver(() => {
      if (followsWidth(chart)) width.value = Math.floor(element.clientWidth / widthStep) * widthStep;
      drawn.current?.resize();
    });
    resize.observe(element);
    return () => {
      resize.disconnect();
      drawn.current?.dispose();
      drawn.current = null;
    };
  }, [chart]);

  return (
    <figure class="chart" aria-label={summary(chart)}>
      <figcaption>
        {title && <h4>{chart.title}</h4>}
        <span class="space" />
        {!none && <ChartTools chart={chart} resultKey={resultKey} onReset={() => drawn.current?.setOption(drawing.option, true)} />}
      </figcaption>
      {none ? <p class="nothing">No value to draw.</p> : <div ref={box} class="canvas" style={{ height: `${drawing.height}px` }} />}
      {trouble.value && <p class="note">{trouble.value}</p>}
      {chart.note && <p class="chart-note">{chart.note}</p>}
    </figure>
  );
}

function ChartTools({ chart, resultKey, onReset }: { chart: Chart; resultKey: string; onReset: () => void }) {
  const path = (format: string) => withToken(`${resultPath(resultKey)}/charts/${encodeURIComponent(chart.name)}.${format}`);
  return (
    <span class="chart-tools">
      {chart.kind !== "pie" && chart.kind !== "heatmap" && (
        <Button label="Back to the whole chart; Ctrl and the wheel zoom, dragging moves" icon="reset" onClick={onReset} />
      )}
      {resultKey && <a class="button" href={path("svg")} download={`${chart.name}.svg`} title="Download as SVG">SVG</a>}
      {resultKey && <a class="button" href={path("png")} download={`${chart.name}.png`} title="Download as PNG">PNG</a>}
    </span>
  );
}

function located(pixel: unknown): [number, number] | null {
  return Array.isArray(pixel) && pixel.length === 2 && pixel.every(Number.isFinite) ? [pixel[0] as number, pixel[1] as number] : null;
}

/** whenSeen calls fn once, when the element comes near the window or the page is printed; it returns how to call that off. */
function whenSeen(element: HTMLElement, fn: (printing: boolean) => Promise<void>, failed: () => void): () => void {
  const calledOff = new AbortController();
  const now = (printing: boolean) => {
    calledOff.abort();
    fn(printing).catch(failed);
  };
  const seen = new IntersectionObserver((entries) => {
    if (entries.some((e) => e.isIntersecting)) now(false);
  }, { rootMargin: "300px" });
  seen.observe(element);
  calledOff.signal.addEventListener("abort", () => seen.disconnect());
  window.addEventListener("beforeprint", () => now(true), { signal: calledOff.signal });
  return () => calledOff.abort();
}
