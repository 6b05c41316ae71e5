import type { Group, Recipe } from "../api/captures";
import { Doc } from "../cells/Doc";
import { ParamField } from "../cells/ParamField";
import { draft, setDraft } from "../state/captures";
import { count } from "../tables/number";
import { changed, inUse, withValue } from "./words";

/** openGroups is how many groups of a form are open from the start: what runs, and on what. */
const openGroups = 2;

/** CaptureForm is made from the declaration of a recipe; groups that play no part are not there. */
export function CaptureForm({ recipe }: { recipe: Recipe }) {
  return (
    <form class="form capture-form" onSubmit={(e) => e.preventDefault()} aria-label="Parameters of the capture">
      <Doc text={recipe.doc} />
      {inUse(recipe, draft.value.values).map((g, i) => <FormGroup key={recipe.name + g.title} recipe={recipe} group={g} open={i < openGroups} />)}
    </form>
  );
}

function FormGroup({ recipe, group, open }: { recipe: Recipe; group: Group; open: boolean }) {
  const { values } = draft.value;
  const set = changed(group, values);
  const params = group.params.map((name) => recipe.params.find((p) => p.name === name)).filter((p) => p !== undefined);
  return (
    <details class="form-group" open={open || set > 0}>
      <summary>{group.title}{set > 0 && <span class="quiet"> {count(set, "value")} set</span>}</summary>
      <div class="params">
        {params.map((p) => (
          <div key={p.name} class={p.kind === "string" ? "wide" : undefined}>
            <ParamField param={p} value={values[p.name] ?? p.default}
              onChange={(text) => setDraft({ ...draft.peek(), values: withValue(draft.peek().values, p, text) })} />
          </div>
        ))}
      </div>
    </details>
  );
}
