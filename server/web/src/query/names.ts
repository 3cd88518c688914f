/** Names of the things in an answer, and where they lie: asked of the endpoint itself, once for each thing. */
import { placeOf, type Place, read, type Value } from "./answer.ts";

const FALLBACK = ["en", "th", "ru", "ja", ""];
const ASKABLE = /^[^\x00-\x20<>"{}|\\^`]+$/;
/** Things that are asked about at once. */
const MOST = 250;

export class Names {
  readonly #labels = new Map<string, string>();
  readonly #places = new Map<string, Place>();
  readonly #asked = new Set<string>();
  readonly #sparql: string;
  readonly #base: string;
  readonly #prefixes = new Map<string, string>();

  constructor(sparql: string, base: string, prefixes: Readonly<Record<string, string>>) {
    this.#sparql = sparql;
    this.#base = base;
    for (const [prefix, iri] of Object.entries(prefixes)) this.#prefixes.set(prefix, iri);
  }

  /** Learns what things are called; what cannot be learnt keeps its short form. */
  async learn(values: Iterable<Value | undefined>, signal?: AbortSignal): Promise<void> {
    const unknown = new Set<string>();
    for (const value of values) {
      if (value?.type !== "uri" || !value.value.startsWith(this.#base)) continue;
      if (!this.#asked.has(value.value) && ASKABLE.test(value.value)) unknown.add(value.value);
      if (unknown.size === MOST) break;
    }
    if (!unknown.size) return;
    for (const iri of unknown) this.#asked.add(iri);
    const query = `SELECT ?x ?label ?place WHERE {
  VALUES ?x { ${[...unknown].map((iri) => `<${iri}>`).join(" ")} }
  { ?x <http://www.w3.org/2004/02/skos/core#prefLabel>|<http://www.w3.org/2000/01/rdf-schema#label> ?label }
  UNION { ?x <http://www.opengis.net/ont/geosparql#asWKT> ?place }
}`;
    try {
      const reply = await fetch(this.#sparql, {
        method: "POST",
        body: new URLSearchParams({ query }),
        headers: { Accept: "application/sparql-results+json" },
        signal: signal ?? null,
      });
      if (!reply.ok) return;
      const answer = read(await reply.text(), "json");
      if (answer.kind === "table") this.#keep(answer.rows);
    } catch {
      // Without names there are still short forms.
      for (const iri of unknown) this.#asked.delete(iri);
    }
  }

  #keep(rows: readonly Readonly<Record<string, Value | undefined>>[]): void {
    const wanted = [document.documentElement.lang, ...FALLBACK];
    const rank = (language: string): number => {
      const at = wanted.indexOf(language);
      return at < 0 ? wanted.length : at;
    };
    const best = new Map<string, number>();
    for (const { x, label, place } of rows) {
      if (!x) continue;
      const point = placeOf(place);
      if (point) this.#places.set(x.value, point);
      if (!label) continue;
      const own = rank(label["xml:lang"] ?? "");
      if (own < (best.get(x.value) ?? Number.POSITIVE_INFINITY)) {
        best.set(x.value, own);
        this.#labels.set(x.value, label.value);
      }
    }
  }

  place(value: Value | undefined): Place | undefined {
    return placeOf(value) ?? (value?.type === "uri" ? this.#places.get(value.value) : undefined);
  }

  label(iri: string): string | undefined {
    return this.#labels.get(iri);
  }

  /** An IRI with a prefix, where one is known. */
  short(iri: string): string {
    for (const [prefix, namespace] of this.#prefixes) {
      if (iri.startsWith(namespace) && /^[\w.-]*$/.test(iri.slice(namespace.length)))
        return `${prefix}:${iri.slice(namespace.length)}`;
    }
    return iri;
  }

  /** A value as one reads it. */
  text(value: Value | undefined): string {
    if (!value) return "";
    if (value.type === "bnode") return `_:${value.value}`;
    return value.type === "uri" ? (this.label(value.value) ?? this.short(value.value)) : textOf(value);
  }
}

function textOf(value: Value): string {
  return typeof value.value === "string" ? value.value : JSON.stringify(value.value);
}
