import { parts } from "../tables/fold";

/** Folded is a path or a name in one line that loses its middle where there is no room; the whole is on hover. */
export function Folded({ text, title }: { text: string; title?: string }) {
  const { head, tail } = parts(text);
  return (
    <span class="folded" title={title ?? text}>
      <span class="folded-head">{head}</span><span class="folded-tail">{tail}</span>
    </span>
  );
}
