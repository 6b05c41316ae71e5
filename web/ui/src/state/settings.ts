import { computed, signal } from "@preact/signals";

export type ThemeChoice = "system" | "light" | "dark";

const themeKey = "profilemate.theme";
const panelKey = "profilemate.panel";

export const theme = signal<ThemeChoice>(storedTheme());
export const panelOpen = signal(localStorage.getItem(panelKey) !== "closed" && innerWidth > 1000);
const systemDark = signal(matchMedia("(prefers-color-scheme: dark)").matches);

/** dark is whether the page is dark now, by choice or with the system. */
export const dark = computed(() => (theme.value === "system" ? systemDark.value : theme.value === "dark"));

function storedTheme(): ThemeChoice {
  const stored = localStorage.getItem(themeKey);
  return stored === "light" || stored === "dark" ? stored : "system";
}

/** startTheme applies the stored choice and follows the system. */
export function startTheme(): void {
  applyTheme();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (e) => (systemDark.value = e.matches));
}

/** toggleTheme changes to what is not shown now. */
export function toggleTheme(): void {
  theme.value = dark.value ? "light" : "dark";
  localStorage.setItem(themeKey, theme.value);
  applyTheme();
}

function applyTheme(): void {
  if (theme.value === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme.value;
}

export function togglePanel(): void {
  panelOpen.value = !panelOpen.value;
  localStorage.setItem(panelKey, panelOpen.value ? "open" : "closed");
}
