/** An answer as the endpoint gives it, and what its values are. */

export interface Value {
  readonly type: string;
  readonly value: string;
  readonly datatype?: string;
  readonly "xml:lang"?: string;
}

export type Row = Readonly<Record<string, Value | undefined>>;

export interface Table {
  readonly kind: "table";
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export type Answer =
  | Table
  | { readonly kind: "boolean"; readonly yes: boolean }
  | { readonly kind: "graph"; readonly text: string };

interface Results {
  readonly head?: { readonly vars?: readonly string[] };
  readonly boolean?: boolean;
  readonly results?: { readonly bindings: readonly Row[] };
}

/** Reads the body of an answer: SPARQL results in JSON, or the text of a graph. */
export function read(body: string, type: string): Answer {
  if (!type.includes("json")) return { kind: "graph", text: body };
  const told = JSON.parse(body) as Results;
  if (told.boolean !== undefined) return { kind: "boolean", yes: told.boolean };
  return { kind: "table", columns: told.head?.vars ?? [], rows: told.results?.bindings ?? [] };
}

const XSD = "http://www.w3.org/2001/XMLSchema#";
const NUMBERS =
  /^(integer|decimal|double|float|(non)?(Negative|Positive)Integer|(unsigned)?(Int|Long|Short|Byte)|int|long|short|byte|(non|un)\w+(Integer|Int|Long|Short|Byte))$/;

/** The number that a value is, if it is one. */
export function numberOf(value: Value | undefined): number | undefined {
  if (!value?.datatype?.startsWith(XSD) || !NUMBERS.test(value.datatype.slice(XSD.length))) return undefined;
  const number = Number(value.value);
  return Number.isFinite(number) ? number : undefined;
}

const DATE = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:T[\d:.]+)?(?:Z|[+-]\d\d:\d\d)?$/;
const DATES = ["date", "dateTime", "gYear", "gYearMonth"].map((name) => XSD + name);
const SPAN = /\/time\/(\d{4}(?:-\d\d(?:-\d\d)?)?)(?:--(\d{4}(?:-\d\d(?:-\d\d)?)?))?$/;

/** The days, in milliseconds, between which a date lies: a year is as long as it is. */
function days(text: string): readonly [number, number] | undefined {
  const match = DATE.exec(text);
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), match[2], match[3]];
  const from = Date.UTC(year, month ? Number(month) - 1 : 0, day ? Number(day) : 1);
  if (day) return [from, from];
  const next = month ? Date.UTC(year, Number(month), 1) : Date.UTC(year + 1, 0, 1);
  return [from, next - 86_400_000];
}

/** The days between which a value lies, if it is a date or the graph's name of a span of days. */
export function spanOf(value: Value | undefined): readonly [number, number] | undefined {
  if (!value) return undefined;
  if (value.type === "uri") {
    const match = SPAN.exec(value.value);
    const [from, until] = [match?.[1] && days(match[1]), match?.[2] && days(match[2])];
    return from ? [from[0], (until || from)[1]] : undefined;
  }
  return value.datatype && DATES.includes(value.datatype) ? days(value.value) : undefined;
}

const WKT = "http://www.opengis.net/ont/geosparql#wktLiteral";
export type Place = readonly [longitude: number, latitude: number];

/** The point that a WKT literal holds, if it holds one. */
export function placeOf(value: Value | undefined): Place | undefined {
  if (value?.datatype !== WKT) return undefined;
  const match = /^\s*(?:<[^>]*>\s*)?POINT\s*\(\s*(-?[\d.]+)\s+(-?[\d.]+)\s*\)\s*$/i.exec(value.value);
  if (!match) return undefined;
  const [longitude, latitude] = [Number(match[1]), Number(match[2])];
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90 ? [longitude, latitude] : undefined;
}

/** Orders values: nothing last, numbers and days by size, everything else as the reader's language does. */
export function order(a: Value | undefined, b: Value | undefined, text: (value: Value) => string): number {
  if (!a || !b) return a ? -1 : b ? 1 : 0;
  const [m, n] = [numberOf(a) ?? spanOf(a)?.[0], numberOf(b) ?? spanOf(b)?.[0]];
  if (m !== undefined && n !== undefined) return m - n;
  if (m !== undefined || n !== undefined) return m !== undefined ? -1 : 1;
  return text(a).localeCompare(text(b), document.documentElement.lang, { numeric: true });
}
