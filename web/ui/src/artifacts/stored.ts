import type { ArtifactTable } from "../api/types";

/** apart keeps the tables that analyses read from the hundreds that a capture's writer stores, whose names begin with "raw.". */
export function apart(tables: ArtifactTable[]): { ours: ArtifactTable[]; stored: ArtifactTable[] } {
  const isStored = (t: ArtifactTable) => t.name.startsWith("raw.");
  return { ours: tables.filter((t) => !isStored(t)), stored: tables.filter(isStored) };
}
