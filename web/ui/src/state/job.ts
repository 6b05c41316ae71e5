import { signal } from "@preact/signals";
import * as api from "../api/captures";
import type { FeedMessage, Job } from "../api/captures";
import { dial, type Link, type Socket } from "../api/live";
import { sentence } from "../api/rest";
import { folder, listFolder } from "./artifacts";
import { refreshCaptures } from "./captures";
import { ended } from "../capture/words";
import { Log } from "../capture/log";

/** job is the capture that is shown, null until it is there. */
export const job = signal<Job | null>(null);
export const jobTrouble = signal("");
export const jobLink = signal<Link>("connecting");
/** log is what the programs of the capture wrote. */
export const log = signal(new Log());

const retryAfter = 1000; // ms until a lost connection is tried again

/** followJob shows a capture as it goes on; the result ends that. A lost connection comes back where it broke off. */
export function followJob(id: string): () => void {
  let socket: Socket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  job.value = null;
  jobTrouble.value = "";
  log.value = new Log();
  const connect = () => {
    socket = dial(api.feedURL(id, log.peek().last + 1), {
      open: () => { jobLink.value = "open"; jobTrouble.value = ""; },
      message: (data) => { if (typeof data === "string") receive(JSON.parse(data) as FeedMessage); },
      close: () => {
        if (closed || done()) return;
        jobLink.value = "lost";
        timer = setTimeout(() => void again(), retryAfter);
      },
    });
  };
  // A socket does not say why it was refused, so a request asks first.
  const again = async () => {
    try {
      await api.list();
      if (!closed) connect();
    } catch (problem) {
      if (closed) return;
      jobTrouble.value = sentence(problem);
      timer = setTimeout(() => void again(), retryAfter);
    }
  };
  const receive = (m: FeedMessage) => {
    if (closed) return;
    if (m.type === "capture") show(m.capture);
    else if (m.type === "events") log.value = log.peek().with(m.events);
    else jobTrouble.value = m.error.message;
  };
  const show = (j: Job) => {
    const over = ended(j.state) && job.peek() !== null && !ended(job.peek()!.state);
    job.value = j;
    if (over) lookAgain();
  };
  const done = () => jobTrouble.peek() !== "" || (job.peek() !== null && ended(job.peek()!.state));
  void api.get(id).then((found) => { if (!closed) { job.value = found; connect(); } }, (problem: unknown) => (jobTrouble.value = sentence(problem)));
  return () => {
    closed = true;
    clearTimeout(timer);
    socket?.close();
  };
}

/** lookAgain brings the lists beside a capture up to date with its end: captures, and files that it made. */
function lookAgain(): void {
  refreshCaptures();
  const shown = folder.peek();
  if (shown) void listFolder(shown.path);
}

async function doing(what: Promise<unknown>): Promise<boolean> {
  try {
    await what;
    jobTrouble.value = "";
    return true;
  } catch (problem) {
    jobTrouble.value = sentence(problem);
    return false;
  }
}

/** stopJob asks the capture to end in order; asked again, at once. */
export const stopJob = (id: string) => doing(api.stop(id).then((j) => { if (job.peek()?.id === id) job.value = j; }));

/** removeJob forgets a capture that has ended; its folder stays. */
export const removeJob = (id: string) => doing(api.remove(id).then(refreshCaptures));

/** notebookOf makes a notebook of an artifact and gives its path, null when it could not be. */
export async function notebookOf(id: string, artifact: string): Promise<string | null> {
  let path: string | null = null;
  await doing(api.notebookOf(id, artifact).then((made) => (path = made.path)));
  return path;
}
