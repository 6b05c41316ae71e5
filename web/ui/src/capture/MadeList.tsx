import type { Job, Made } from "../api/captures";
import { pathPart } from "../api/rest";
import { withToken } from "../api/token";
import { notebookOf } from "../state/job";
import { go } from "../state/route";
import { loadNotebooks } from "../state/workbench";
import { Button } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { sentenceCase } from "../ui/words";

/** MadeList is what a capture has left, with what can be done with it. */
export function MadeList({ job }: { job: Job }) {
  if (job.artifacts.length === 0) return null;
  return (
    <section>
      <h2>What it made</h2>
      <ul class="made">{job.artifacts.map((a) => <MadeRow key={a.path} job={job} made={a} />)}</ul>
    </section>
  );
}

function MadeRow({ job, made }: { job: Job; made: Made }) {
  const open = async () => {
    const path = await notebookOf(job.id, made.name);
    if (path === null) return;
    void loadNotebooks();
    go(path);
  };
  return (
    <li>
      <code title={made.path}>{made.name}</code> <CopyButton text={made.path} what="the path" />
      <span class="quiet">{sentenceCase(made.doc)}</span>
      <span class="space" />
      {made.template && <Button label={`Open as a notebook from the template ${made.template}`} icon="notebook" onClick={() => void open()}>Open as notebook</Button>}
      {made.file && <a class="button" href={withToken("/files/" + pathPart(made.file))} target="_blank" rel="noreferrer">Open</a>}
    </li>
  );
}
