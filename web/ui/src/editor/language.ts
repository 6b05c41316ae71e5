// The languages of cells, as their first word names them.

export type Language = "analysis" | "sql" | "go" | "params" | "other";

const markers: Record<string, Language> = { "%%analysis": "analysis", "%%sql": "sql", "%%go": "go", "%%params": "params" };

/** languageOf is the language of a cell's text; one without a marker is Go. */
export function languageOf(source: string): Language {
  const word = /^\s*(%%\S*)/.exec(source)?.[1];
  return word === undefined ? "go" : markers[word] ?? "other";
}

/** languageNames are the languages as titles of cells. */
export const languageNames: Record<Language, string> = { analysis: "Analysis", sql: "SQL", go: "Go", params: "Parameters", other: "Code" };

const words = /"[^"]*"|\S+/g;

/** pathsOf are the artifacts that the first line of an SQL or analysis cell names, as it writes them. */
export function pathsOf(source: string): string[] {
  const line = source.trimStart().split("\n", 1)[0]!;
  const [marker, ...rest] = line.match(words) ?? [];
  if (marker === "%%sql") return rest.filter((w) => !/^(rows|timeout)=/.test(w)).map((w) => w.replace(/^\w+=(?=.)/, ""));
  if (marker === "%%analysis") return rest.slice(1).filter((w) => !w.includes("="));
  return [];
}

/** sqlStart is the text that a new SQL cell begins with: it reads what the cells before it read last. */
export function sqlStart(sources: string[]): string {
  const path = sources.flatMap(pathsOf).pop();
  return path === undefined ? "%%sql " : `%%sql ${path}\n`;
}
