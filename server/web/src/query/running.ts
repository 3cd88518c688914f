/** Sending a query: its answer with the time it took, or what is wrong; it can be given up at any moment. */
import { type Answer, read, type Row, type Table, type Value } from "./answer.ts";
import type { Fault } from "./editor.ts";
import { fill, type Told } from "./words.ts";

/** Addresses up to this length are sent by GET, so that the browser and the server keep their answers. */
const SHORT = 6000;

export interface Answered {
  readonly answer: Answer;
  readonly graph: boolean;
  readonly seconds: number;
}

/** What went wrong, as the server tells it. */
export class Refused extends Error {
  readonly title: string;
  readonly fault: Fault;

  constructor(title: string, fault: Fault) {
    super(fault.message);
    this.title = title;
    this.fault = fault;
  }
}

export async function run(told: Told, asked: URLSearchParams, signal: AbortSignal): Promise<Answered> {
  const began = performance.now();
  const short = asked.toString().length < SHORT;
  const reply = await fetch(short ? `${told.sparql}?${asked}` : told.sparql, {
    ...(short ? {} : { method: "POST", body: asked }),
    headers: { Accept: "application/sparql-results+json, application/n-triples" },
    signal,
  });
  const body = await reply.text();
  const seconds = (performance.now() - began) / 1000;
  if (!reply.ok) throw refusal(body, told);
  const type = reply.headers.get("content-type") ?? "";
  if (type.includes("json")) return { answer: read(body, type), graph: false, seconds };
  return { answer: triples(body), graph: true, seconds };
}

function refusal(body: string, { words }: Told): Refused {
  try {
    const problem = JSON.parse(body) as { title?: string; detail?: string } & Fault;
    const fault = { ...problem, message: problem.detail ?? words.failed ?? "" };
    return new Refused(problem.title ?? words.problem ?? "", fault);
  } catch {
    return new Refused(words.problem ?? "", { message: words.failed ?? "" });
  }
}

/** Asks the server's own parser about a text; what cannot be asked is no fault. */
export async function check(told: Told, query: string): Promise<Fault | undefined> {
  try {
    const reply = await fetch(told.check, { method: "POST", body: new URLSearchParams({ query }) });
    if (!reply.ok) return undefined;
    const said = (await reply.json()) as { valid: boolean; found: string; expected: string } & Fault;
    if (said.valid) return undefined;
    const message = fill(told.words.fault ?? "", { found: said.found, expected: said.expected });
    return { ...said, message };
  } catch {
    return undefined;
  }
}

const TRIPLE = /^(<[^>]*>|_:\S+) <([^>]*)> (.+) \.$/;
const LITERAL = /^"((?:[^"\\]|\\.)*)"(?:@([\w-]+)|\^\^<([^>]*)>)?$/;

/** Reads N-Triples as a table of subject, predicate and object. */
export function triples(text: string): Table {
  const rows: Row[] = [];
  for (const line of text.split("\n")) {
    const match = TRIPLE.exec(line);
    const [subject, object] = [match?.[1], match?.[3]];
    if (!match?.[2] || !subject || !object) continue;
    rows.push({
      subject: term(subject),
      predicate: { type: "uri", value: unescaped(match[2]) },
      object: term(object),
    });
  }
  return { kind: "table", columns: ["subject", "predicate", "object"], rows };
}

function term(text: string): Value {
  if (text.startsWith("_:")) return { type: "bnode", value: text.slice(2) };
  const literal = LITERAL.exec(text);
  if (!literal) return { type: "uri", value: unescaped(text.slice(1, -1)) };
  return {
    type: "literal",
    value: unescaped(literal[1] ?? ""),
    ...(literal[2] ? { "xml:lang": literal[2] } : {}),
    ...(literal[3] ? { datatype: literal[3] } : {}),
  };
}

const ESCAPES: Readonly<Record<string, string>> = { t: "\t", b: "\b", n: "\n", r: "\r", f: "\f" };

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/g, (_, four, eight, one: string) => {
    if (four || eight) return String.fromCodePoint(Number.parseInt(four ?? eight, 16));
    return ESCAPES[one] ?? one;
  });
}
