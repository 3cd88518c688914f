/** An answer as a chart, drawn by Observable Plot, which comes only when a chart is asked for. */
import type * as Plot from "@observablehq/plot";
import { el } from "../common/dom.ts";
import { numberOf, type Row, spanOf, type Table } from "./answer.ts";
import { dated, naming, numeric } from "./pictures.ts";
import type { Shown } from "./table.ts";
import { fill } from "./words.ts";

export const MARKS = ["bar", "line", "dot"] as const;
type Mark = (typeof MARKS)[number];
const MOST_BARS = 60;

interface Choice {
  readonly x: string;
  readonly y: string;
  readonly mark: Mark;
}

/** What is drawn: what the address says, or what the columns suggest. */
export function choice(table: Table, asked: { x: string; y: string; mark: string }): Choice {
  const numbers = numeric(table);
  const y = numbers.includes(asked.y) ? asked.y : (numbers.at(-1) ?? "");
  const days = dated(table);
  const x = table.columns.includes(asked.x) ? asked.x : (days[0] ?? naming(table, [y]) ?? y);
  const guess: Mark = days.includes(x) ? "line" : numbers.includes(x) ? "dot" : "bar";
  return { x, y, mark: MARKS.find((mark) => mark === asked.mark) ?? guess };
}

export async function draw(table: Table, shown: Shown): Promise<HTMLElement> {
  const { told, names } = shown;
  const { words } = told;
  const chosen = choice(table, shown.state());
  const { x, y, mark } = chosen;
  const plot = await import("@observablehq/plot");
  const text = (row: Row, column: string): string => names.text(row[column]);
  const apart = mark === "bar" ? distinguishing(table, x, y) : [];
  // What is counted in other units has a scale of its own.
  const unit = table.columns.find((column) => /^units?$/i.test(column)) ?? "";
  const groups = new Map<string, Point[]>();
  for (const row of table.rows) {
    const [value, across] = [numberOf(row[y]), row[x]];
    if (value === undefined || !across) continue;
    const day = spanOf(across)?.[0];
    const name = [x, ...apart].map((column) => text(row, column)).filter(Boolean);
    const at = day !== undefined ? new Date(day) : (numberOf(across) ?? name.join(" · "));
    const size = value.toLocaleString(document.documentElement.lang);
    const group = groups.get(text(row, unit)) ?? [];
    group.push({ at, value, name: `${name.join(" · ")}: ${size}` });
    groups.set(text(row, unit), group);
  }
  const box = el("div", { class: "chart" }, controls(table, chosen, shown));
  for (const [counted, points] of groups) {
    const drawn = mark === "bar" ? points.slice(0, MOST_BARS) : points;
    const picture = plotted(plot, drawn, { ...chosen, y: counted ? `${y} (${counted})` : y });
    // Plot's own style element would be refused; what it says is in the page's style sheet.
    for (const style of [...picture.querySelectorAll("style")]) style.remove();
    // Its groups have names that only elements with a role may have; to style sheets they are worth something.
    for (const group of [...picture.querySelectorAll("g[aria-label]")]) {
      group.setAttribute("class", `plotted-${group.getAttribute("aria-label")?.replaceAll(" ", "-")}`);
      group.removeAttribute("aria-label");
    }
    for (const hidden of [...picture.querySelectorAll("[aria-description]")])
      hidden.removeAttribute("aria-description");
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", fill(words.chartOf ?? "", { y, x, n: drawn.length }));
    box.append(
      el(
        "div",
        { class: "wide", role: "region", tabindex: 0, "aria-label": `${words.chart} ${counted}` },
        picture,
      ),
    );
    if (drawn.length < points.length)
      box.append(el("p", { class: "hint" }, fill(words.cutTo ?? "", { n: MOST_BARS, of: points.length })));
  }
  return box;
}

/** Columns that tell rows apart which the one column calls the same: figures of two texts are never added up. */
export function distinguishing(table: Table, x: string, y: string): string[] {
  const key = (row: Row, columns: readonly string[]): string =>
    JSON.stringify(columns.map((column) => row[column]?.value));
  const kinds = (columns: readonly string[]): number =>
    new Set(table.rows.map((row) => key(row, columns))).size;
  const added: string[] = [];
  for (const column of table.columns) {
    if (column === x || column === y) continue;
    if (kinds([x, ...added]) === table.rows.length) break;
    if (kinds([x, ...added, column]) > kinds([x, ...added])) added.push(column);
  }
  return added;
}

type Point = { readonly at: Date | number | string; readonly value: number; readonly name: string };

function plotted(plot: typeof Plot, points: readonly Point[], { x, y, mark }: Choice): SVGSVGElement {
  const data = [...points];
  const words = mark === "bar" && data.some(({ at }) => typeof at === "string");
  const fillBy = "var(--link)";
  if (words) {
    // Long names stand beside lying bars.
    const longest = Math.min(60, Math.max(0, ...data.map(({ at }) => String(at).length)));
    return plot.plot({
      width: 860,
      height: 76 + 24 * new Set(data.map(({ at }) => at)).size,
      marginLeft: 24 + longest * 6.6,
      marginRight: 40,
      marginBottom: 44,
      x: { grid: true, label: y, nice: true, zero: true },
      y: { label: null, tickFormat: (name: string) => (name.length > 60 ? `${name.slice(0, 59)}…` : name) },
      marks: [
        plot.barX(data, {
          x: "value",
          y: "at",
          fill: fillBy,
          sort: { y: null },
          title: "name",
          insetTop: 2,
          insetBottom: 2,
        }),
        plot.ruleX([0]),
      ],
    }) as SVGSVGElement;
  }
  const shape = { x: "at", y: "value", title: "name" };
  return plot.plot({
    width: 860,
    height: 420,
    marginLeft: 64,
    marginBottom: 44,
    x: { label: x },
    y: { grid: true, label: y, nice: true, zero: mark === "bar" },
    marks:
      mark === "bar"
        ? [plot.rectY(data, { ...shape, fill: fillBy, inset: 1 }), plot.ruleY([0])]
        : mark === "line"
          ? [
              plot.line(data, { x: "at", y: "value", stroke: fillBy, sort: "at" }),
              plot.dot(data, { ...shape, fill: fillBy }),
            ]
          : [plot.dot(data, { ...shape, stroke: fillBy })],
  }) as SVGSVGElement;
}

function controls(table: Table, chosen: Choice, shown: Shown): HTMLElement {
  const { words } = shown.told;
  const select = (
    name: "x" | "y" | "mark",
    label: string | undefined,
    options: readonly (readonly [string, string])[],
  ): HTMLLabelElement => {
    const field = el(
      "select",
      { name: `chart-${name}` },
      ...options.map(([value, text]) => el("option", { value, selected: value === chosen[name] }, text)),
    );
    field.addEventListener("change", () => shown.go({ [name]: field.value }));
    return el("label", {}, label, " ", field);
  };
  const own = (columns: readonly string[]): (readonly [string, string])[] =>
    columns.map((name) => [name, name]);
  return el(
    "div",
    { class: "row controls" },
    select(
      "mark",
      words.shape,
      MARKS.map((mark) => [mark, words[`mark-${mark}`] ?? mark]),
    ),
    select("x", words.across, own(table.columns)),
    select("y", words.upwards, own(numeric(table))),
  );
}
