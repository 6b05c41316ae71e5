/** narrowed keeps the items that have all the words of a text, in any order. */
export function narrowed<T>(items: T[], text: string, words: (item: T) => string): T[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter((item) => {
    const has = words(item).toLowerCase();
    return wanted.every((w) => has.includes(w));
  });
}
