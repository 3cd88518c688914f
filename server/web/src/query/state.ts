/** The whole state of the page as its address has it. */
import { PICTURES, type Picture } from "./pictures.ts";

export interface State {
  readonly query: string;
  readonly parts: string;
  /** The graphs that the address names, as pairs of parameter and IRI. */
  readonly graphs: readonly (readonly [string, string])[];
  readonly view: Picture | "";
  /** How the table is sorted: a column, with a minus before it for the other way round. */
  readonly sort: string;
  readonly page: number;
  /** What a chart shows across and upwards. */
  readonly x: string;
  readonly y: string;
  readonly mark: string;
}

const GRAPHS = ["default-graph-uri", "named-graph-uri"];

export function fromAddress(search: string): State {
  const given = new URLSearchParams(search);
  const text = (name: string): string => given.get(name) ?? "";
  return {
    query: text("query"),
    parts: text("parts"),
    graphs: [...given].filter(([name]) => GRAPHS.includes(name)),
    view: PICTURES.find((picture) => picture === given.get("view")) ?? "",
    sort: text("sort"),
    page: Math.max(1, Number.parseInt(text("page"), 10) || 1),
    x: text("x"),
    y: text("y"),
    mark: text("mark"),
  };
}

/** What the server needs to answer: the query, its stance and its graphs. */
export function question(state: State): URLSearchParams {
  const asked = new URLSearchParams({ query: state.query });
  for (const [name, iri] of state.graphs) asked.append(name, iri);
  if (state.parts) asked.set("parts", state.parts);
  return asked;
}

export function toAddress(state: State): string {
  const address = question(state);
  for (const name of ["view", "sort", "x", "y", "mark"] as const)
    if (state[name]) address.set(name, state[name]);
  if (state.page > 1) address.set("page", String(state.page));
  return address.toString();
}
