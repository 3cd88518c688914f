/** Names in the reader's language, as the server chooses them. */

export type Labels = Readonly<Record<string, string>>;

const FALLBACK = ["en", "th", "ru", "ja", ""];

/** The label in a language, or the next best, with the others after it, each said once. */
export function inOrder(labels: Labels, language: string): [language: string, label: string][] {
  const seen = new Set<string>();
  const found: [string, string][] = [];
  for (const code of [language, ...FALLBACK, ...Object.keys(labels)]) {
    const label = labels[code];
    if (label !== undefined && !seen.has(label)) {
      seen.add(label);
      found.push([code, label]);
    }
  }
  return found;
}
