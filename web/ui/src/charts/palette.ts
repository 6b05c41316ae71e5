// The colors of workbench/result/palette.go; a test holds the two together.

export const palette: Readonly<Record<string, string>> = {
  gemm: "#0072B2", attention: "#D55E00", moe: "#CC79A7", norm: "#009E73", elementwise: "#56B4E9",
  reduce: "#F0E442", copy: "#E69F00", communication: "#000000", sampling: "#7F3C8D", other: "#8A8A8A",
  prefill: "#D55E00", decode: "#0072B2", mixed: "#CC79A7", chance: "#8A8A8A", roof: "#8A8A8A",
};

export const cycle: readonly string[] = [
  "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000",
];

/** onGround lightens the colors that a dark page would swallow. */
export function onGround(color: string, dark: boolean): string {
  if (!dark) return color;
  const lighter: Record<string, string> = { "#000000": "#E4E7EB", "#0072B2": "#3B9DDD", "#7F3C8D": "#B583C2" };
  return lighter[color] ?? color;
}

/** colorOf is a series' color: the named one, or the next in turn. */
export function colorOf(name: string | undefined, turn: number, dark: boolean): string {
  const fixed = name ? palette[name] : undefined;
  return onGround(fixed ?? cycle[turn % cycle.length]!, dark);
}

/** viridis, at nine even steps. */
export const viridis: readonly string[] = [
  "#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725",
];

/** diverging goes from blue over a neutral middle to vermillion. */
export function diverging(dark: boolean): string[] {
  return dark
    ? ["#7cc0f0", "#2f7fb8", "#1d3f58", "#24282e", "#5e3218", "#c05a14", "#f59a5b"]
    : ["#004a75", "#3a8cc0", "#b5d5e8", "#f4f4f2", "#f3c6a3", "#dc7a33", "#8f3d00"];
}
