import type { Chart } from "../api/types";

/** groupsOf puts the charts of one group together, at the place of its first. */
export function groupsOf(charts: Chart[]): Chart[][] {
  const groups: Chart[][] = [];
  for (const chart of charts) {
    const known = chart.group ? groups.find((g) => g[0]?.group === chart.group) : undefined;
    if (known) known.push(chart);
    else groups.push([chart]);
  }
  return groups;
}
