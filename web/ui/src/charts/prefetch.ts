/** prefetchCharts loads what draws charts while the page has nothing else to do, so that the first one need not wait. */
export function prefetchCharts(): void {
  const load = () => void import("./echarts").catch(() => undefined); // a chart that needs it will say so
  if ("requestIdleCallback" in globalThis) requestIdleCallback(load, { timeout: 2000 });
  else setTimeout(load, 300);
}
