import { effect, signal } from "@preact/signals";
import * as rest from "../api/rest";
import type { Artifact, Folder } from "../api/types";
import { opened } from "./notebook";

export const folder = signal<Folder | null>(null);
export const folderTrouble = signal("");
export const artifact = signal<Artifact | null>(null);
export const artifactTrouble = signal("");
/** inspecting is the path that is being looked at, empty when none is. */
export const inspecting = signal("");

/** listFolder shows a folder; an empty path is the served one. */
export async function listFolder(path: string): Promise<void> {
  try {
    folder.value = await rest.folder(path);
    folderTrouble.value = "";
  } catch (problem) {
    folderTrouble.value = rest.sentence(problem);
  }
}

/** inspect says what the file or folder at path holds. */
export async function inspect(path: string): Promise<void> {
  if (path === "") return;
  inspecting.value = path;
  artifactTrouble.value = "";
  try {
    const found = await rest.artifact(path, opened.peek());
    if (inspecting.peek() === path) artifact.value = found;
  } catch (problem) {
    if (inspecting.peek() === path) artifactTrouble.value = rest.sentence(problem);
  } finally {
    if (inspecting.peek() === path) inspecting.value = "";
  }
}

/** followNotebook looks again at what is shown when another notebook opens, whose cells write its path differently. */
export function followNotebook(): void {
  effect(() => {
    const from = opened.value;
    const shown = artifact.peek();
    if (from !== "" && shown !== null) void inspect(shown.path);
  });
}

export function closeArtifact(): void {
  artifact.value = null;
  artifactTrouble.value = "";
}

/** cellPathOf asks how a cell of the open notebook writes a path; the path itself where that fails. */
export async function cellPathOf(path: string): Promise<string> {
  try {
    return (await rest.artifact(path, opened.peek())).cellPath;
  } catch {
    return path;
  }
}

/** listingOf gives a folder for a picker of its own. */
export function listingOf(path: string): Promise<Folder> {
  return rest.folder(path);
}
