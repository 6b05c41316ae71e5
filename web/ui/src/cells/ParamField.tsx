import { useEffect, useId } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { Param } from "../api/types";
import { sentenceCase } from "../ui/words";
import { labelOf, problemOf } from "./call";

interface ParamFieldProps {
  param: Param;
  value: string;
  onChange: (text: string) => void;
}

/** ParamField is one parameter with its unit, its bounds and what it means. */
export function ParamField({ param, value, onChange }: ParamFieldProps) {
  const id = useId();
  const problem = useSignal("");
  return (
    <div class="field">
      <label for={id}>{labelOf(param)}</label>
      <span class="control">
        {param.kind === "bool" || param.kind === "enum"
          ? <Choice id={id} param={param} value={value} onChange={onChange} />
          : <Typed id={id} param={param} value={value} onChange={onChange} onProblem={(text) => (problem.value = text)} />}
        {param.unit && <span class="unit">{param.unit}</span>}
      </span>
      <span class="field-doc" id={`${id}-doc`}>{sentenceCase(param.doc)}{value === param.default ? "" : ` (default ${param.default || "empty"})`}</span>
      {problem.value && <span class="field-problem" role="alert">{problem.value}</span>}
    </div>
  );
}

function Choice({ id, param, value, onChange }: ParamFieldProps & { id: string }) {
  if (param.kind === "bool") {
    return <input id={id} type="checkbox" checked={value === "true"} aria-describedby={`${id}-doc`} onChange={(e) => onChange(String(e.currentTarget.checked))} />;
  }
  return (
    <select id={id} value={value} aria-describedby={`${id}-doc`} onChange={(e) => onChange(e.currentTarget.value)}>
      {(param.options ?? []).map((o) => <option key={o} value={o}>{o}</option>)}
    </select>
  );
}

function Typed({ id, param, value, onChange, onProblem }: ParamFieldProps & { id: string; onProblem: (text: string) => void }) {
  const text = useSignal(value);
  useEffect(() => { text.value = value; onProblem(""); }, [value]);
  const check = (typed: string) => {
    text.value = typed;
    onProblem(problemOf(param, typed));
  };
  return (
    <input id={id} type="text" inputMode={param.kind === "int" ? "numeric" : "text"} value={text.value} placeholder={param.default}
      spellcheck={false} autocomplete="off" aria-describedby={`${id}-doc`} aria-invalid={problemOf(param, text.value) !== ""}
      onInput={(e) => check(e.currentTarget.value)}
      onChange={(e) => { if (problemOf(param, e.currentTarget.value) === "") onChange(e.currentTarget.value); }} />
  );
}
