// Between a cell's call and its form. The text of the cell is the truth: a form
// shows what the call says and gives back a whole new call.

import type { Analysis, Call, Param } from "../api/types";
import { sentenceCase } from "../ui/words";

/** Input is one row of the form: a role and the path that the cell gives it. */
export interface Input {
  role: string;
  kind: string;
  doc: string;
  path: string;
}

/** inputsOf lines up the declared roles with the call's inputs, by name first, then in order. */
export function inputsOf(analysis: Analysis, call: Call): Input[] {
  const rest = (call.inputs ?? []).filter((i) => !i.role);
  const rows = analysis.roles.map((role) => {
    const named = (call.inputs ?? []).find((i) => i.role === role.Name);
    return { role: role.Name, kind: role.Kind, doc: role.Doc, path: named?.path ?? rest.shift()?.path ?? "" };
  });
  return rows.concat(rest.map((i) => ({ role: "", kind: "", doc: "one input more than the analysis takes", path: i.path })));
}

/** withInput is the call with another path for a role. An empty path takes the input out. */
export function withInput(analysis: Analysis, call: Call, index: number, path: string): Call {
  const rows = inputsOf(analysis, call).map((row, i) => (i === index ? { ...row, path } : row));
  const named = needsRoles(analysis, call);
  const inputs = rows.filter((r) => r.path !== "").map((r) => ({ role: named ? r.role : "", path: r.path }));
  return { ...call, inputs };
}

/** needsRoles: a role is written where the cell did so, or where two roles share a kind of artifact. */
function needsRoles(analysis: Analysis, call: Call): boolean {
  const kinds = analysis.roles.map((r) => r.Kind);
  return new Set(kinds).size < kinds.length || (call.inputs ?? []).some((i) => !!i.role);
}

/** valueOf is a parameter's text in the call, or its default. */
export function valueOf(param: Param, call: Call): string {
  return call.params?.[param.name] ?? param.default;
}

/** withParam is the call with another value; the default, and nothing, are left out. */
export function withParam(call: Call, param: Param, text: string): Call {
  const { [param.name]: _, ...params } = call.params ?? {};
  const value = text.trim();
  return { ...call, params: value === "" || value === param.default ? params : { ...params, [param.name]: value } };
}

/** labelOf is a parameter's name in words: "top-kernels" is "Top kernels". */
export function labelOf(param: Param): string {
  return sentenceCase(param.name.replaceAll(/[-_]/g, " "));
}

/** problemOf says in words why a value will not do; empty when it will. The server has the last word. */
export function problemOf(param: Param, text: string): string {
  const value = text.trim();
  if (value === "" || (param.kind !== "int" && param.kind !== "float")) return "";
  const n = Number(value);
  if (!Number.isFinite(n)) return `${value} is not a number`;
  if (param.kind === "int" && !Number.isInteger(n)) return `${value} is not a whole number`;
  const unit = param.unit ? " " + param.unit : "";
  if (param.min && n < Number(param.min)) return `at least ${param.min}${unit}`;
  if (param.max && n > Number(param.max)) return `at most ${param.max}${unit}`;
  return "";
}

/** callFor is a new call of an analysis on one artifact. */
export function callFor(analysis: Analysis, kind: string, path: string): Call {
  const role = analysis.roles.find((r) => r.Kind === kind);
  const shared = analysis.roles.filter((r) => r.Kind === kind).length > 1;
  return { analysis: analysis.name, inputs: path === "" ? [] : [{ role: shared && role ? role.Name : "", path }], params: {} };
}
