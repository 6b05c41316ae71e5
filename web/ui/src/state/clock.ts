import { effect, signal } from "@preact/signals";
import { running } from "./notebook";

/** now is the time in ms, moving only while a cell runs. */
export const now = signal(Date.now());

/** startClock lets the time run while it is looked at. */
export function startClock(): void {
  let timer: ReturnType<typeof setInterval> | undefined;
  effect(() => {
    clearInterval(timer);
    if (running.value) timer = setInterval(() => (now.value = Date.now()), 100);
  });
}
