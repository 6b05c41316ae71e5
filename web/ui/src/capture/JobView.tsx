import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { Job } from "../api/captures";
import { Findings } from "../cells/Findings";
import { recipes, setDraft } from "../state/captures";
import { followJob, job, jobLink, jobTrouble, removeJob, stopJob } from "../state/job";
import { goCapture } from "../state/route";
import { Button } from "../ui/Button";
import { asSentence, sentenceCase } from "../ui/words";
import { LogView } from "./LogView";
import { MadeList } from "./MadeList";
import { PhaseList } from "./PhaseList";
import { PlanSteps } from "./PlanView";
import { about, ended, given, stateWord } from "./words";

/** JobView is one capture: how far it is, what it found and made, and what its programs say. */
export function JobView({ id }: { id: string }) {
  useEffect(() => followJob(id), [id]);
  const j = job.value;
  return (
    <>
      <p class="back"><Button label="All captures" icon="left" onClick={() => goCapture("")}>All captures</Button></p>
      {jobTrouble.value && <p class="banner" role="alert">{asSentence(jobTrouble.value)}</p>}
      {j === null && !jobTrouble.value && <p class="quiet" role="status">Looking for the capture</p>}
      {j && <JobHead job={j} />}
      {j && <PhaseList job={j} />}
      {j && <Findings findings={j.findings} />}
      {j && <MadeList job={j} />}
      {j && <LogView live={!ended(j.state)} />}
      {j && <details class="plan-again"><summary>The plan and its commands</summary><PlanSteps plan={j.plan} /></details>}
    </>
  );
}

function JobHead({ job: j }: { job: Job }) {
  const over = ended(j.state);
  return (
    <>
      <div class="plan-head">
        <h1>{sentenceCase(j.plan.title)}</h1>
        <span class="space" />
        {!over && <StopButton job={j} />}
        {over && <Button label="Fill the form with the same values" icon="restart" onClick={() => again(j)}>Again</Button>}
        {over && <Button label="Forget this capture; its folder stays" icon="trash" onClick={() => void removeJob(j.id).then((gone) => { if (gone) goCapture(""); })} />}
      </div>
      <p class={`job-state ${j.state}`} role="status">
        <strong>{stateWord(j.state)}</strong>
        {j.leftNs !== null && <span class="quiet"> {about(j.leftNs)} left</span>}
        {jobLink.value === "lost" && !over && <span class="quiet"> The connection is lost; the capture goes on.</span>}
      </p>
      {j.waits && <p class="note">{j.waits}</p>}
      {j.error && <p class="banner" role="alert">{j.error}{j.remedy && <> <span class="remedy">Remedy: {j.remedy}</span></>}</p>}
      <p class="quiet">Into <code>{j.plan.folder}</code></p>
    </>
  );
}

/** StopButton ends a capture in order, and once that was asked for, at once. */
function StopButton({ job: j }: { job: Job }) {
  const asked = useSignal(false);
  const hurried = asked.value || j.state === "stopping";
  const stop = () => {
    asked.value = true;
    void stopJob(j.id);
  };
  return hurried
    ? <Button label="Wait for nothing; what was recorded may be lost" icon="stop" onClick={stop}>End at once</Button>
    : <Button label="Stop in order; what was recorded is kept" icon="stop" onClick={stop}>Stop</Button>;
}

/** again fills the form with the values of a capture, for another folder. */
function again(j: Job): void {
  const { "output-dir": _, ...values } = j.plan.values;
  const recipe = recipes.peek().find((r) => r.name === j.plan.recipe);
  setDraft({ recipe: j.plan.recipe, values: recipe ? given(recipe, values) : values, said: "" });
  goCapture("");
}
