import type { Analysis, Call, Cell } from "../api/types";
import { setCall } from "../state/notebook";
import { Doc } from "./Doc";
import { InputField } from "./InputField";
import { inputsOf, valueOf, withInput, withParam } from "./call";
import { ParamField } from "./ParamField";

interface FormProps {
  cell: Cell;
  analysis: Analysis;
  call: Call;
}

/** Form is made from the declaration of an analysis and writes nothing but the cell's text. */
export function Form({ cell, analysis, call }: FormProps) {
  const params = analysis.params ?? [];
  return (
    <div class="form">
      {analysis.doc && <Doc text={analysis.doc} />}
      {inputsOf(analysis, call).map((input, i) => (
        <InputField key={`${input.role}-${i}`} input={input} onChange={(path) => void setCall(cell.id, withInput(analysis, call, i, path))} />
      ))}
      {params.length > 0 && (
        <div class="params">
          {params.map((p) => (
            <ParamField key={p.name} param={p} value={valueOf(p, call)} onChange={(text) => void setCall(cell.id, withParam(call, p, text))} />
          ))}
        </div>
      )}
    </div>
  );
}
