import { useEffect } from "preact/hooks";
import { captureTrouble, draft, followCaptures, followDraft, loadCaptures, recipes, setDraft } from "../state/captures";
import { asSentence } from "../ui/words";
import { CaptureForm } from "./CaptureForm";
import { CaptureList } from "./CaptureList";
import { Checks } from "./Checks";
import { PlanView } from "./PlanView";
import { RecipePicker } from "./RecipePicker";

/** NewCapture is the list of captures and the form for another one, with its plan beside it. */
export function NewCapture() {
  useEffect(() => {
    void loadCaptures();
    const ends = [followCaptures(), followDraft()];
    return () => ends.forEach((end) => end());
  }, []);
  const recipe = recipes.value.find((r) => r.name === draft.value.recipe);
  return (
    <>
      <h1>Captures</h1>
      {captureTrouble.value && <p class="banner" role="alert">{asSentence(captureTrouble.value)}</p>}
      <CaptureList />
      <h2>New capture</h2>
      <RecipePicker />
      {draft.value.said && (
        <p class="note said">From the kernel that you picked: {draft.value.said}{" "}
          <button type="button" class="link" onClick={() => setDraft({ ...draft.value, said: "" })}>Dismiss</button></p>
      )}
      {recipe && (
        <div class="capture-columns">
          <CaptureForm recipe={recipe} />
          <aside class="capture-plan" aria-label="Plan">
            <PlanView />
            <Checks />
          </aside>
        </div>
      )}
    </>
  );
}
