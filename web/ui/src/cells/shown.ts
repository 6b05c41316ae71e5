// What an output holds that the page shows, most telling first.

import { resultMIME, type Bundle, type MimeBundle, type Output } from "../api/types";

export type Shown =
  | { kind: "result"; bundle: Bundle }
  | { kind: "image"; source: string }
  | { kind: "text"; text: string; error?: boolean }
  | { kind: "error"; name: string; message: string; traceback: string }
  | { kind: "nothing" };

/** stopped are the names of errors that say that somebody stopped the cell. */
const stopped = new Set(["canceled", "Canceled", "KeyboardInterrupt"]);

/** wasStopped reports an error that is somebody's wish. */
export function wasStopped(name: string): boolean {
  return stopped.has(name);
}

const progressMIME = "application/vnd.profilemate.progress+json";

/** shown picks what to show of an output. HTML of unknown origin is never one of them. */
export function shown(output: Output): Shown {
  switch (output.output_type) {
    case "stream":
      return { kind: "text", text: plain(output.text), error: output.name === "stderr" };
    case "error":
      return { kind: "error", name: output.ename, message: output.evalue, traceback: plain(output.traceback ?? []) };
    case "display_data":
    case "execute_result":
      return shownData(output.data);
    default:
      return { kind: "nothing" };
  }
}

function shownData(data: MimeBundle): Shown {
  const bundle = data[resultMIME];
  if (isBundle(bundle)) return { kind: "result", bundle };
  if (progressMIME in data) return { kind: "nothing" };
  const png = text(data["image/png"]);
  if (png !== "") return { kind: "image", source: "data:image/png;base64," + png.replaceAll("\n", "") };
  const svg = text(data["image/svg+xml"]);
  if (svg !== "") return { kind: "image", source: "data:image/svg+xml," + encodeURIComponent(svg) };
  const words = text(data["text/plain"]) || text(data["text/markdown"]);
  return { kind: "text", text: words || `This output is of a type the page does not show: ${Object.keys(data).join(", ")}.` };
}

function isBundle(value: unknown): value is Bundle {
  return typeof value === "object" && value !== null && "analysis" in value && "tables" in value;
}

/** text joins what nbformat may hold as a list of lines. */
function text(value: unknown): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.filter((v): v is string => typeof v === "string").join("") : "";
}

/** plain takes the colors of a terminal out. */
function plain(lines: string | string[]): string {
  const joined = Array.isArray(lines) ? lines.join("\n") : lines;
  return joined.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "");
}
