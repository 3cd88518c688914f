/** Which pictures fit an answer. */
import { numberOf, spanOf, type Table } from "./answer.ts";
import type { Names } from "./names.ts";

export type Picture = "table" | "chart" | "map" | "timeline" | "network";
export const PICTURES: readonly Picture[] = ["table", "chart", "map", "timeline", "network"];

/** Which picture the query itself asks for, in a comment as the named queries have it: `# view: map`. */
export function asked(query: string): Picture | undefined {
  const found = /^\s*#\s*view:\s*(\w+)/m.exec(query)?.[1];
  return PICTURES.find((picture) => picture === found);
}

const ENDS: readonly (readonly [string, string])[] = [
  ["from", "to"],
  ["source", "target"],
  ["who", "whom"],
  ["cause", "effect"],
  ["causeLabel", "effectLabel"],
  ["first", "second"],
  ["subject", "object"],
  ["a", "b"],
];

/** The columns whose values a network joins: by their names, or the first two that hold things. */
export function ends(table: Table, wanted: boolean): readonly [string, string] | undefined {
  for (const pair of ENDS) if (pair.every((name) => table.columns.includes(name))) return pair;
  if (!wanted) return undefined;
  const things = table.columns.filter((column) => table.rows.some((row) => row[column]?.type === "uri"));
  return things[0] && things[1] ? [things[0], things[1]] : undefined;
}

export function numeric(table: Table): string[] {
  return table.columns.filter((column) => table.rows.some((row) => numberOf(row[column]) !== undefined));
}

export function dated(table: Table): string[] {
  return table.columns.filter((column) => table.rows.some((row) => spanOf(row[column])));
}

export function placed(table: Table, names: Names): string | undefined {
  return table.columns.find((column) => table.rows.some((row) => names.place(row[column])));
}

/** The columns that name what a row tells of: words in the reader's language before things, things before days. */
export function naming(table: Table, but: readonly string[] = []): string | undefined {
  const worth = (column: string): number => {
    const value = table.rows.find((row) => row[column])?.[column];
    if (!value || but.includes(column) || column === "passage") return 0;
    if (/label|name|title/i.test(column)) return 4;
    if (value["xml:lang"]) return 3;
    return value.type === "uri" && !spanOf(value) ? 2 : 1;
  };
  return [...table.columns].sort((a, b) => worth(b) - worth(a))[0];
}

/** The pictures that an answer fits, the one to begin with first found in the query, then in its columns. */
export function fitting(
  table: Table,
  query: string,
  names: Names,
): { readonly offered: Picture[]; readonly first: Picture } {
  const wish = asked(query);
  const fits: Readonly<Record<Picture, boolean>> = {
    table: true,
    chart: table.rows.length > 0 && numeric(table).length > 0,
    map: placed(table, names) !== undefined,
    timeline: dated(table).length > 0,
    network: table.rows.length > 0 && ends(table, wish === "network") !== undefined,
  };
  const offered = PICTURES.filter((picture) => fits[picture]);
  // A point in the answer itself is there to be seen; other columns only allow a picture.
  const shown = table.columns.some((column) =>
    table.rows.some((row) => row[column]?.datatype?.endsWith("#wktLiteral")),
  );
  const first = wish && fits[wish] ? wish : !wish && shown && fits.map ? "map" : "table";
  return { offered, first };
}
