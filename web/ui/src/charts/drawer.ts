type Drawer = typeof import("./echarts");

let loaded: Drawer | null = null;

/** drawer is what draws charts, null until it was loaded: printing cannot wait for it. */
export function drawer(): Drawer | null {
  return loaded;
}

/** loadDrawer brings what draws charts, once. */
export async function loadDrawer(): Promise<Drawer> {
  loaded = await import("./echarts");
  return loaded;
}

/** prefetchDrawer loads it while the page has nothing else to do, so that the first chart need not wait. */
export function prefetchDrawer(): void {
  const load = () => void loadDrawer().catch(() => undefined); // a chart that needs it will say so
  if ("requestIdleCallback" in globalThis) requestIdleCallback(load, { timeout: 2000 });
  else setTimeout(load, 300);
}
