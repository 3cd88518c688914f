/** What the query page reckons: values, pictures that fit, programs that ask the same. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { numberOf, placeOf, spanOf, type Table, type Value } from "../src/query/answer.ts";
import { framed } from "../src/query/map.ts";
import { asked, ends } from "../src/query/pictures.ts";
import { triples } from "../src/query/running.ts";
import { sample } from "../src/query/samples.ts";
import { fromAddress, toAddress } from "../src/query/state.ts";
import { ticks } from "../src/query/timeline.ts";
import { href } from "../src/query/words.ts";

const XSD = "http://www.w3.org/2001/XMLSchema#";
const literal = (value: string, datatype: string): Value => ({ type: "literal", value, datatype });
const DAY = 86_400_000;

test("numbers are those of a numeric datatype alone", () => {
  assert.equal(numberOf(literal("59000", `${XSD}integer`)), 59000);
  assert.equal(numberOf(literal("1.5", `${XSD}decimal`)), 1.5);
  assert.equal(numberOf(literal("7", `${XSD}nonNegativeInteger`)), 7);
  assert.equal(numberOf({ type: "literal", value: "7" }), undefined);
  assert.equal(numberOf(literal("many", `${XSD}integer`)), undefined);
});

test("a month is as long as it is, and a name of a span holds both its ends", () => {
  const may = spanOf(literal("1905-05", `${XSD}gYearMonth`));
  assert.deepEqual(may, [Date.UTC(1905, 4, 1), Date.UTC(1905, 4, 31)]);
  const leap = spanOf(literal("1904-02", `${XSD}gYearMonth`));
  assert.equal(leap && (leap[1] - leap[0]) / DAY, 28);
  const span = spanOf({ type: "uri", value: "https://w3id.org/portsmouth1905/time/1905-05-14--1905-05-28" });
  assert.deepEqual(span, [Date.UTC(1905, 4, 14), Date.UTC(1905, 4, 28)]);
  assert.equal(spanOf(literal("1905", `${XSD}integer`)), undefined);
});

test("a point of WKT is a place, anything else is none", () => {
  const type = "http://www.opengis.net/ont/geosparql#wktLiteral";
  assert.deepEqual(placeOf(literal("POINT(-171.6542 58.107)", type)), [-171.6542, 58.107]);
  assert.equal(placeOf(literal("POINT(500 5)", type)), undefined);
  assert.equal(placeOf(literal("LINESTRING(1 2, 3 4)", type)), undefined);
});

test("a map shows every place that it was made for, north up and east right", () => {
  const tokyo = [139.7, 35.7] as const;
  const places = [tokyo, [121.3, 38.9], [143, 50.5]] as const;
  const frame = framed(places);
  for (const [x, y] of places.map(frame)) assert.ok(x > 0 && x < 860 && y > 0 && y < 560);
  assert.ok(frame([130, 40])[0] < frame([140, 40])[0]);
  assert.ok(frame([130, 45])[1] < frame([130, 40])[1]);
});

test("a line of time has few marks, in order and within its ends", () => {
  for (const days of [1, 20, 100, 500, 4000, 40_000, 400_000]) {
    const from = Date.UTC(1904, 1, 8);
    const marks = ticks(from, from + days * DAY);
    assert.ok(marks.length >= 1 && marks.length <= 14, `${days} days: ${marks.length}`);
    assert.deepEqual(
      [...marks].sort((a, b) => a - b),
      marks,
    );
    assert.ok(marks.every((mark) => mark >= from && mark <= from + days * DAY));
  }
});

test("a graph is read triple by triple, with its escapes", () => {
  const text = String.raw`<http://e/s> <http://e/p> "a \"b\"\n\u0E01" .
_:b0 <http://e/p> "1"^^<${XSD}integer> .
<http://e/s> <http://e/p> "x . y"@en .
<http://e/s> <http://e/p> <http://e/o> .
`;
  const { rows } = triples(text);
  assert.deepEqual(
    rows.map(({ object }) => object),
    [
      { type: "literal", value: 'a "b"\nก' },
      { type: "literal", value: "1", datatype: `${XSD}integer` },
      { type: "literal", value: "x . y", "xml:lang": "en" },
      { type: "uri", value: "http://e/o" },
    ],
  );
  assert.equal(rows[1]?.subject?.type, "bnode");
});

test("a query says in a comment how its answer is shown", () => {
  assert.equal(asked("# title: a\n# view: map\nASK {}"), "map");
  assert.equal(asked("SELECT * {}"), undefined);
  const table: Table = { kind: "table", columns: ["from", "to"], rows: [] };
  assert.deepEqual(ends(table, false), ["from", "to"]);
  assert.equal(ends({ ...table, columns: ["x", "y"] }, false), undefined);
});

test("an address holds the whole state", () => {
  const search =
    "query=ASK+%7B%7D&named-graph-uri=urn%3Aa&named-graph-uri=urn%3Ab&parts=s3&view=chart&sort=-n&x=a&y=n&mark=dot&page=3";
  assert.equal(toAddress(fromAddress(search)), search);
});

test("only pages of this server and of the web are led to", () => {
  const told = { base: "https://w3id.org/portsmouth1905/", root: "/p", things: ["id"], sparql: "/p/sparql" };
  assert.equal(href("https://w3id.org/portsmouth1905/id/witte", told), "/p/id/witte");
  assert.equal(href("https://w3id.org/portsmouth1905/ns#Treaty", told), "/p/ns#Treaty");
  assert.equal(href("javascript:alert(1)", told), "");
  assert.equal(href("https://example.org/", told), "https://example.org/");
});

const HOSTILE = `SELECT * { ?s ?p "it's $HOME \`id\` \\" \\\\ ก" }\n# """ ' \\`;

test("programs hold the very query, whatever stands in it", () => {
  const parameters = new URLSearchParams({ query: HOSTILE, parts: "s3" });
  const shell = sample("curl", parameters, "http://e/sparql", false).replace(/^curl /, "printf '%s\\0' ");
  const words = execFileSync("sh", ["-c", shell]).toString().split("\0");
  assert.ok(words.includes(`query=${HOSTILE}`));
  const script = sample("javascript", parameters, "http://e/sparql", false);
  const pair = /\["query", (".*")\]/.exec(script)?.[1];
  assert.equal(JSON.parse(pair ?? '""'), HOSTILE);
  const python = sample("python", parameters, "http://e/sparql", false);
  const written = python.slice(python.indexOf("data=[") + 5, python.indexOf("    headers"));
  const list = written.trim().replace(/,$/, "");
  const said = execFileSync("python3", ["-c", `import json\nprint(json.dumps(${list}))`]);
  assert.deepEqual(JSON.parse(said.toString()), [
    ["query", HOSTILE],
    ["parts", "s3"],
  ]);
});
