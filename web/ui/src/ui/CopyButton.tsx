import { useSignal } from "@preact/signals";
import { Button } from "./Button";

/** CopyButton puts a text on the clipboard and says in its place that it did. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const done = useSignal("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      done.value = "Copied";
    } catch {
      done.value = "The browser did not allow copying";
    }
    setTimeout(() => (done.value = ""), 1500);
  };
  return (
    <span class="copy">
      <Button label={done.value || `Copy ${what}`} icon="copy" onClick={() => void copy()} />
      <span class="quiet" role="status">{done.value}</span>
    </span>
  );
}
