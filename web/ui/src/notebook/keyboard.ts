import { overlay } from "../state/overlay";
import { commands } from "./commands";
import { keyName, match } from "./keys";

const pairTime = 800; // ms within which a second key makes a pair

/** startKeyboard gives the page its keys. */
export function startKeyboard(): void {
  let pending = "";
  let at = 0;
  // A key that opens a text must not be typed into it as well.
  let taken = false;
  document.addEventListener("keypress", (event) => { if (taken) { event.preventDefault(); event.stopPropagation(); } }, true);
  document.addEventListener("keyup", () => (taken = false), true);
  document.addEventListener("keydown", (event) => {
    taken = false;
    if (event.isComposing || /^(Shift|Control|Alt|Meta)$/.test(event.key) || overlay.value !== "none" || event.defaultPrevented) return;
    const where = placeOf(event.target);
    if (where === "field" && event.key !== "Escape" && !(event.ctrlKey || event.metaKey)) return;
    if (where === "control" && (event.key === "Enter" || event.key === " " || event.key.startsWith("Arrow"))
      && !event.shiftKey && !event.ctrlKey) return;
    const found = match(commands(), event.timeStamp - at < pairTime ? pending : "", keyName(event), where === "editor" || where === "field");
    pending = found !== null && "pending" in found ? found.pending : "";
    at = event.timeStamp;
    if (found === null) return;
    event.preventDefault();
    taken = true;
    if ("command" in found) {
      if (where === "field" && event.key === "Escape") (event.target as HTMLElement).blur();
      found.command.run();
    }
  });
}

/** placeOf says what a key press means to the element that has the focus. */
function placeOf(target: EventTarget | null): "editor" | "field" | "control" | "page" {
  if (!(target instanceof HTMLElement)) return "page";
  if (target.classList.contains("editor")) return "editor";
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return "field";
  if (target instanceof HTMLInputElement) return target.type === "checkbox" ? "control" : "field";
  return target.closest("button,a,summary,[tabindex='0']") ? "control" : "page";
}
