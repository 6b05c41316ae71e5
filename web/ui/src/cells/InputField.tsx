import { useEffect, useId } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { FolderPicker } from "../artifacts/FolderPicker";
import { cellPathOf } from "../state/artifacts";
import { Button } from "../ui/Button";
import { sentenceCase } from "../ui/words";
import type { Input } from "./call";

const kindNames: Record<string, string> = { nsys: "Nsight Systems export", ncu: "Nsight Compute report", moe: "MoE routing folder" };

/** InputField is the path of one artifact, typed or picked. */
export function InputField({ input, onChange }: { input: Input; onChange: (path: string) => void }) {
  const id = useId();
  const picking = useSignal(false);
  const text = useSignal(input.path);
  useEffect(() => { text.value = input.path; }, [input.path]);
  const take = (path: string) => { if (path !== input.path) onChange(path); };
  return (
    <div class="field input-field">
      <label for={id}>{sentenceCase(input.role || "input")}</label>
      <div class="path">
        <input id={id} type="text" value={text.value} placeholder={kindNames[input.kind] ?? "path of a file or folder"}
          spellcheck={false} autocomplete="off" aria-describedby={`${id}-doc`}
          onInput={(e) => (text.value = e.currentTarget.value)}
          onChange={(e) => take(e.currentTarget.value.trim())} />
        <Button label="Browse for the file" icon="folder" pressed={picking.value} onClick={() => (picking.value = !picking.value)}>Browse</Button>
      </div>
      <span class="field-doc" id={`${id}-doc`}>{sentenceCase(input.doc || (kindNames[input.kind] ?? ""))}</span>
      {picking.value && (
        <FolderPicker start="" onPick={async (path) => { picking.value = false; take(await cellPathOf(path)); }} onClose={() => (picking.value = false)} />
      )}
    </div>
  );
}
