// The colors of workbench/result/palette.go; a test holds the two together.

export const palette: Readonly<Record<string, string>> = {
  gemm: "#0072B2", attention: "#D55E00", moe: "#CC79A7", norm: "#009E73", elementwise: "#56B4E9",
  reduce: "#F0E442", copy: "#E69F00", communication: "#000000", sampling: "#7F3C8D", other: "#8A8A8A",
  prefill: "#D55E00", decode: "#0072B2", mixed: "#CC79A7", chance: "#8A8A8A", roof: "#8A8A8A",
};

export const cycle: readonly string[] = [
  "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#000000", "#56B4E9", "#F0E442",
];

/** onGround lightens the colors that a dark page would swallow. */
export function onGround(color: string, dark: boolean): string {
  if (!dark) return color;
  const lighter: Record<string, string> = { "#000000": "#E4E7EB", "#0072B2": "#3B8FD9", "#56B4E9": "#8AD4FF", "#7F3C8D": "#B583C2" };
  return lighter[color] ?? color;
}

/** colorOf is a series' color: the named one, or the next in turn. */
export function colorOf(name: string | undefined, turn: number, dark: boolean): string {
  const fixed = name ? palette[name] : undefined;
  return onGround(fixed ?? cycle[turn % cycle.length]!, dark);
}

/** dashes tell apart the lines of later turns, whose colors come again: dots, long dashes, both; see workbench/render. */
const dashes: readonly number[][] = [[2, 3], [9, 4], [9, 3, 2, 3]];

/** dashOf is how a line is drawn: as the series asks, else by how often the colors have come round. */
export function dashOf(dashed: boolean | undefined, turn: number): "solid" | "dashed" | number[] {
  const round = Math.floor(turn / cycle.length);
  if (dashed || round === 0) return dashed ? "dashed" : "solid";
  return [...dashes[(round - 1) % dashes.length]!];
}

/** viridis, at sixteen even steps. */
export const viridis: readonly string[] = [
  "#440154", "#481669", "#472B7A", "#423F85", "#3B518B", "#33628D", "#2C718E", "#26818E", "#20908D",
  "#1E9F88", "#27AE81", "#3DBC74", "#5CC963", "#81D44C", "#ABDC32", "#D5E21A", "#FEE724",
];

/** diverging goes from blue over a neutral middle to vermillion. */
export const diverging: readonly string[] = ["#0A4F8A", "#F2F2F2", "#B34700"];

/** mix is the color at a fraction of the way along colors in even steps. */
export function mix(colors: readonly string[], fraction: number): string {
  const at = Math.min(1, Math.max(0, fraction)) * (colors.length - 1);
  const i = Math.min(Math.floor(at), colors.length - 2);
  const [a, b] = [channels(colors[i]!), channels(colors[i + 1]!)];
  return "#" + a.map((v, k) => Math.floor(v + (b[k]! - v) * (at - i) + 0.5).toString(16).padStart(2, "0")).join("").toUpperCase();
}

function channels(color: string): number[] {
  return [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16));
}
