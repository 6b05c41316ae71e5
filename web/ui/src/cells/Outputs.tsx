import type { Output } from "../api/types";
import { shown } from "./shown";
import { ErrorOutput } from "./ErrorOutput";
import { Result } from "./Result";

/** Outputs shows what a cell gave back, in the order it came. */
export function Outputs({ cell, outputs }: { cell: string; outputs: Output[] }) {
  return <div class="outputs">{outputs.map((output, i) => <OutputView key={i} cell={cell} output={output} />)}</div>;
}

function OutputView({ cell, output }: { cell: string; output: Output }) {
  const what = shown(output);
  switch (what.kind) {
    case "result":
      return <Result bundle={what.bundle} />;
    case "image":
      return <img class="output-image" src={what.source} alt="Output of the cell" />;
    case "text":
      return <pre class={what.error ? "output-text stderr" : "output-text"} tabIndex={0}>{what.text}</pre>;
    case "error":
      return <ErrorOutput cell={cell} name={what.name} message={what.message} traceback={what.traceback} />;
    case "nothing":
      return null;
  }
}
