/** Queries that were run here before: they stay in this browser, and can be forgotten. */

export interface Entry {
  readonly query: string;
  readonly parts: string;
  /** When, in milliseconds. */
  readonly when: number;
  readonly rows: number;
}

const KEY = "portsmouth1905.queries";
const MOST = 50;
const LONGEST = 20_000;

export function entries(): Entry[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(one: unknown): one is Entry {
  const entry = one as Partial<Entry> | null;
  return (
    typeof entry?.query === "string" && typeof entry.when === "number" && typeof entry.parts === "string"
  );
}

/** Remembers a query, the newest first and each once. */
export function remember(entry: Entry): void {
  if (entry.query.length > LONGEST) return;
  const others = entries().filter(({ query, parts }) => query !== entry.query || parts !== entry.parts);
  try {
    localStorage.setItem(KEY, JSON.stringify([entry, ...others].slice(0, MOST)));
  } catch {
    // A browser that keeps nothing has no history.
  }
}

export function forget(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}
