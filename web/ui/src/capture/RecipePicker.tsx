import { chooseRecipe, draft, recipes } from "../state/captures";
import { sentenceCase } from "../ui/words";

/** RecipePicker chooses what is captured. */
export function RecipePicker() {
  return (
    <fieldset class="recipes">
      <legend class="hidden">What is captured</legend>
      {recipes.value.map((r) => (
        <label key={r.name} title={r.doc}>
          <input type="radio" name="recipe" value={r.name} checked={r.name === draft.value.recipe} onChange={() => chooseRecipe(r.name)} />
          <span>{sentenceCase(r.title)}</span>
        </label>
      ))}
    </fieldset>
  );
}
