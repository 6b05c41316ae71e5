import { captureAt } from "../state/captures";
import { JobView } from "./JobView";
import { NewCapture } from "./NewCapture";

/** CaptureView is one capture, or all of them and the form for another one. */
export function CaptureView() {
  const id = captureAt.value;
  return <div class="captures">{id ? <JobView key={id} id={id} /> : <NewCapture />}</div>;
}
