/** What the page tells the island: its words in the reader's language, and the server's addresses. */

export interface Told {
  readonly sparql: string;
  readonly check: string;
  readonly terms: string;
  readonly receipts: string;
  readonly cite: string;
  readonly stances: string;
  readonly coast: string;
  readonly root: string;
  /** What the graph's own IRIs begin with. */
  readonly base: string;
  /** First segments of the IRIs that name things; below them the server answers. */
  readonly things: readonly string[];
  readonly prefixes: Readonly<Record<string, string>>;
  readonly results: readonly string[];
  readonly graphs: readonly string[];
  readonly words: Readonly<Record<string, string>>;
}

/** Fills a sentence: `#name` stands where a value goes. */
export function fill(sentence: string, values: Readonly<Record<string, string | number>>): string {
  return sentence.replace(/#(\w+)/g, (mark, name: string) => String(values[name] ?? mark));
}

/** Where an IRI leads: to this server's page of a thing, to the web for others, nowhere for other schemes. */
export function href(iri: string, told: Pick<Told, "base" | "root" | "things" | "sparql">): string {
  if (iri.startsWith(told.base)) {
    const path = iri.slice(told.base.length);
    if (path === "ns" || path.startsWith("ns#")) return `${told.root}/${path}`;
    const [kind = "", ...rest] = path.split("/");
    if (told.things.includes(kind) && rest.join("/") && !/[?#]/.test(path)) return `${told.root}/${path}`;
    return `${told.sparql}?${new URLSearchParams({ query: `DESCRIBE <${iri}>` })}`;
  }
  return /^https?:\/\//i.test(iri) ? iri : "";
}
