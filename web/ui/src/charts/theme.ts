/** Theme is what a chart takes from the page's look. */
export interface Theme {
  dark: boolean;
  text: string;
  muted: string;
  line: string;
  ground: string;
  font: string;
}

/** pageTheme reads the colors that the page's style sheet has in force. */
export function pageTheme(dark: boolean): Theme {
  const probe = document.createElement("span");
  document.body.append(probe);
  const color = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const theme = {
    dark, text: color("--text"), muted: color("--muted"), line: color("--line"), ground: color("--ground"),
    font: getComputedStyle(document.body).fontFamily,
  };
  probe.remove();
  return theme;
}
