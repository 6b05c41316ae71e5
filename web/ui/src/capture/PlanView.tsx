import type { Plan } from "../api/captures";
import { Findings } from "../cells/Findings";
import { checking, checks, plan, planTrouble, startCapture } from "../state/captures";
import { goCapture } from "../state/route";
import { Button } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { asSentence, sentenceCase } from "../ui/words";
import { about, quoted } from "./words";

/** PlanView is what a start would do: the exact commands, phase by phase, and what they leave. */
export function PlanView() {
  const planned = plan.value;
  const blocked = checks.value?.filter((c) => c.status === "failed").length ?? 0;
  const start = async () => {
    const id = await startCapture();
    if (id !== null) goCapture(id);
  };
  return (
    <section class="plan">
      <div class="plan-head">
        <h3>Plan</h3>
        <span class="space" />
        <Button label="Start the capture" icon="run" primary disabled={planned === null} onClick={() => void start()}>
          {blocked > 0 && !checking.value ? "Start anyway" : "Start"}
        </Button>
      </div>
      {planTrouble.value && <p class="field-problem" role="alert">{asSentence(planTrouble.value)}</p>}
      {planned && <PlanSteps plan={planned.plan} />}
      {planned && (
        <div class="command-line">
          <h4>The same from a terminal <CopyButton text={planned.command} what="the command" /></h4>
          <pre tabIndex={0}>{planned.command}</pre>
        </div>
      )}
    </section>
  );
}

/** PlanSteps is the plan itself. */
export function PlanSteps({ plan }: { plan: Plan }) {
  const total = plan.phases.reduce((sum, p) => sum + (p.expect ?? 0), 0);
  return (
    <>
      <p class="quiet">{`Into ${plan.folder}. ${sentenceCase(about(total))} in all.`}{plan.gpus && plan.gpus.length > 0 ? ` It waits until no other capture uses ${gpuWords(plan.gpus)}.` : ""}</p>
      <ol class="steps">
        {plan.phases.map((p) => (
          <li key={p.name}>
            <span>{sentenceCase(p.title)}</span> {p.expect ? <span class="quiet">{about(p.expect)}</span> : null}
            {(plan.commands ?? []).filter((c) => c.phase === p.name).map((c, i) => (
              <pre key={i} class="command" tabIndex={0} title={sentenceCase(c.doc)}>{quoted([...(c.env ?? []), ...c.args])}</pre>
            ))}
          </li>
        ))}
      </ol>
      <Findings findings={plan.notes ?? []} />
      <details class="leaves">
        <summary>What it leaves</summary>
        <dl>{(plan.outputs ?? []).map((o) => <div key={o.name}><dt><code>{o.name}</code></dt><dd>{sentenceCase(o.doc)}</dd></div>)}</dl>
      </details>
    </>
  );
}

function gpuWords(gpus: string[]): string {
  return gpus.includes("all") ? "the GPUs" : `GPU ${gpus.join(" and GPU ")}`;
}
