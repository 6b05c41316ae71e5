/** sentenceCase begins a title with a capital; declarations have none. A name such as vLLM stays as it is written. */
export function sentenceCase(text: string): string {
  if (/^[a-z]+[A-Z]/.test(text)) return text;
  return text === "" ? "" : text[0]!.toUpperCase() + text.slice(1);
}

/** paragraphs splits a text at empty lines; the line breaks within one are only how its source was typed. */
export function paragraphs(text: string): string[] {
  return text.split(/\n\s*\n/).map((p) => p.trim().replace(/\s*\n\s*/g, " ")).filter((p) => p !== "");
}

/** asSentence begins a message with a capital and ends it with a full stop; nothing stays nothing. */
export function asSentence(text: string): string {
  return sentenceCase(text) + (text === "" || /[.!?…]$/.test(text) ? "" : ".");
}
