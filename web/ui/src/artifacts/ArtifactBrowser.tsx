import { useEffect, useId } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { artifact, artifactTrouble, folder, folderTrouble, inspect, inspecting, listFolder } from "../state/artifacts";
import { Button } from "../ui/Button";
import { ArtifactCard } from "./ArtifactCard";
import { FolderList } from "./FolderList";
import { FolderName } from "./FolderName";

/** ArtifactBrowser finds a capture by path or by looking around, and shows what it holds. */
export function ArtifactBrowser() {
  const id = useId();
  const typed = useSignal("");
  useEffect(() => { if (folder.peek() === null) void listFolder(""); }, []);
  const pick = (path: string) => { typed.value = path; void inspect(path); };
  return (
    <section class="browser" aria-label="Artifacts">
      <h2>Artifacts</h2>
      <form class="path" onSubmit={(e) => { e.preventDefault(); void inspect(typed.value.trim()); }}>
        <label class="hidden" for={id}>Path of a capture</label>
        <input id={id} type="text" value={typed.value} placeholder="Path of a capture" spellcheck={false} autocomplete="off"
          onInput={(e) => (typed.value = e.currentTarget.value)} />
        <button type="submit" class="button">Inspect</button>
      </form>
      {inspecting.value && <p class="quiet" role="status">Looking into {inspecting.value}</p>}
      {artifactTrouble.value && <p class="field-problem" role="alert">{artifactTrouble.value}</p>}
      {artifact.value && <ArtifactCard artifact={artifact.value} />}
      {folderTrouble.value && <p class="field-problem" role="alert">{folderTrouble.value}</p>}
      {folder.value && (
        <>
          <div class="picker-head">
            <FolderName path={folder.value.path} />
            <Button label="Look into this folder as an artifact" onClick={() => pick(folder.value!.path)}>Inspect folder</Button>
          </div>
          <FolderList folder={folder.value} onEnter={(p) => void listFolder(p)} onPick={pick} />
        </>
      )}
    </section>
  );
}
