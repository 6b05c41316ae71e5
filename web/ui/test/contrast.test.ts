import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const css = readFileSync(path.join(process.env["UI_ROOT"]!, "src/styles/variables.css"), "utf8");
const colors = Object.fromEntries([...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map((m) => [m[1]!, [m[2]!, m[3]!] as const]));

/** luminance and contrast as WCAG 2 has them. */
function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16) / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

// What is written on what, at the least contrast that AA asks of text and of the edges of controls.
const pairs: [string, string[], number][] = [
  ["text", ["ground", "panel", "hover", "field", "accent-soft"], 4.5],
  ["muted", ["ground", "panel", "hover", "field", "accent-soft"], 4.5],
  ["accent", ["ground", "panel", "hover"], 4.5],
  ["problem", ["ground", "panel"], 4.5],
  ["warning", ["ground", "panel"], 4.5],
  ["on-accent", ["accent"], 4.5],
  ["good", ["ground"], 3],
  ["strong-line", ["ground", "panel"], 3],
];

test("both themes have the contrast of AA", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  for (const [ink, papers, least] of pairs) {
    for (const paper of papers) {
      [0, 1].forEach((theme) => {
        const ratio = contrast(colors[ink]![theme]!, colors[paper]![theme]!);
        assert.ok(ratio >= least, `${theme === 0 ? "light" : "dark"}: ${ink} on ${paper} has ${ratio.toFixed(2)}, less than ${least}`);
      });
    }
  }
});
