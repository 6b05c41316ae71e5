import type { Bundle } from "../api/types";
import { opened } from "../state/notebook";
import { propose } from "../state/captures";
import { goCapture } from "../state/route";
import { analyses } from "../state/workbench";
import type { TableView } from "../state/table";
import { asSentence } from "../ui/words";
import { ofNsys } from "./words";

/** closer is what looks closer at a kernel of a result's table; undefined where its rows are no kernels of one capture. */
export function closer(bundle: Bundle, view: TableView): ((kernel: string) => void) | undefined {
  const path = bundle.inputs?.length === 1 ? bundle.inputs[0]!.path : "";
  if (view.preview.name !== "kernels" || path === "" || !ofNsys(analyses.value, bundle.analysis)) return undefined;
  return (kernel) => void look(path, kernel, view);
}

async function look(path: string, kernel: string, view: TableView): Promise<void> {
  view.note.value = "Looking for the launches of this kernel in steady decode.";
  const trouble = await propose(path, opened.peek(), kernel);
  view.note.value = asSentence(trouble);
  if (trouble === "") goCapture("");
}
