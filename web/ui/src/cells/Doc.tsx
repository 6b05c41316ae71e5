import { paragraphs } from "../ui/words";

/** Doc is what an analysis says of itself: the first paragraph, and the others for those who ask. */
export function Doc({ text }: { text: string }) {
  const [first = "", ...rest] = paragraphs(text);
  return (
    <div class="form-doc">
      <p>{first}</p>
      {rest.length > 0 && <details><summary>More</summary>{rest.map((p, i) => <p key={i}>{p}</p>)}</details>}
    </div>
  );
}
