// What hovering over a chart says: first line a name, then label and value pairs.

import { exact, quantity } from "../tables/number";

export interface Tip {
  head: string;
  color?: string;
  /** rows are label and value; a row without a label is a line of text. */
  rows: [string, string][];
}

/** measured is a value for a tip: short with its unit, then in full. */
export function measured(value: number | null, unit = ""): string {
  if (value === null) return "— (no value)";
  const short = quantity(value, unit, 4);
  const plain = Math.abs(value) < 1e4 || unit === "" || unit === "%";
  return plain ? short : `${short} (${exact(value)} ${unit})`;
}

/** tipElement builds the tip without markup, so that no name can become markup. */
export function tipElement(tip: Tip): HTMLElement {
  const box = document.createElement("div");
  box.className = "chart-tip";
  const head = box.appendChild(document.createElement("strong"));
  if (tip.color) {
    const dot = head.appendChild(document.createElement("i"));
    dot.style.background = tip.color;
  }
  head.append(tip.head);
  for (const [label, value] of tip.rows) {
    const row = box.appendChild(document.createElement("div"));
    if (label === "") {
      row.append(value);
      continue;
    }
    row.appendChild(document.createElement("span")).textContent = label;
    row.appendChild(document.createElement("b")).textContent = value;
  }
  return box;
}
