/** An answer as a table: sorted by any column, a page at a time, each row with the passages that support it. */
import { el } from "../common/dom.ts";
import { numberOf, order, type Row, type Table, type Value } from "./answer.ts";
import type { Names } from "./names.ts";
import { explain } from "./receipts.ts";
import type { State } from "./state.ts";
import { fill, href, type Told } from "./words.ts";

export const PAGE = 50;
const LONG = 300;

export interface Shown {
  readonly told: Told;
  readonly names: Names;
  readonly state: () => State;
  readonly go: (change: Partial<State>) => void;
}

/** The rows in the order that the address asks for, each with its place in the answer. */
export function sorted(
  table: Table,
  sort: string,
  text: (value: Value) => string,
): readonly (readonly [number, Row])[] {
  const rows = table.rows.map((row, at): readonly [number, Row] => [at, row]);
  const column = sort.replace(/^-/, "");
  if (!table.columns.includes(column)) return rows;
  const way = sort.startsWith("-") ? -1 : 1;
  return rows.sort(([m, a], [n, b]) => {
    const [left, right] = [a[column], b[column]];
    // What is not there comes last either way.
    if (!left || !right) return order(left, right, text) || m - n;
    return way * order(left, right, text) || m - n;
  });
}

export function cell(value: Value | undefined, names: Names, told: Told): HTMLTableCellElement {
  if (!value) return el("td", { class: "unbound" });
  const number = numberOf(value) !== undefined;
  const made = el("td", { class: number ? "number" : value.type, lang: value["xml:lang"] });
  const text = names.text(value);
  if (value.type === "uri") {
    const address = href(value.value, told);
    const known = names.label(value.value) !== undefined;
    made.append(
      address
        ? el("a", { href: address, title: names.short(value.value), rel: "nofollow" }, text)
        : el("span", { title: value.value }, text),
    );
    if (known) made.dataset.iri = names.short(value.value);
  } else if (text.length > LONG) {
    made.append(el("details", {}, el("summary", {}, `${text.slice(0, LONG)}…`), el("bdi", {}, text)));
  } else made.append(el("bdi", {}, text));
  if (value["xml:lang"]) made.append(" ", el("small", {}, `@${value["xml:lang"]}`));
  else if (value.datatype && !number && !value.datatype.endsWith("#string"))
    made.append(" ", el("small", {}, names.short(value.datatype)));
  return made;
}

export function draw(table: Table, shown: Shown): HTMLElement {
  const { told, names } = shown;
  const { words } = told;
  const { sort, page } = shown.state();
  const text = (value: Value): string => names.text(value);
  const rows = sorted(table, sort, text);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  const now = Math.min(page, pages);
  const heads = table.columns.map((column) => {
    const way = sort === column ? "ascending" : sort === `-${column}` ? "descending" : undefined;
    const button = el(
      "button",
      { type: "button", class: "sort" },
      column,
      el("span", { "aria-hidden": "true" }, way === "ascending" ? " ▲" : way === "descending" ? " ▼" : ""),
    );
    button.addEventListener("click", () => {
      shown.go({ sort: way === "ascending" ? `-${column}` : way ? "" : column, page: 1 });
    });
    return el("th", { scope: "col", "aria-sort": way }, button);
  });
  const body = el("tbody");
  for (const [at, row] of rows.slice((now - 1) * PAGE, now * PAGE)) {
    const button = el(
      "button",
      { type: "button", class: "plain why", "aria-expanded": "false" },
      words.passages,
      el("span", { class: "out-of-sight" }, ` ${fill(words.ofRow ?? "", { n: at + 1 })}`),
    );
    const line = el(
      "tr",
      {},
      ...table.columns.map((column) => cell(row[column], names, told)),
      el("td", { class: "proof" }, button),
    );
    button.addEventListener("click", () => void toggle(button, line, at, row, table, shown));
    body.append(line);
  }
  const made = el(
    "table",
    {},
    el("caption", { class: "out-of-sight" }, words.answer),
    el("thead", {}, el("tr", {}, ...heads, el("th", { scope: "col", class: "proof" }, words.evidence))),
    body,
  );
  const wide = el("div", { class: "wide", role: "region", "aria-label": words.answer, tabindex: 0 }, made);
  const box = el("div", { class: "rows" }, wide);
  if (pages > 1) box.append(pager(now, pages, shown));
  return box;
}

function pager(now: number, pages: number, shown: Shown): HTMLElement {
  const { words } = shown.told;
  const step = (name: string | undefined, to: number): HTMLButtonElement => {
    const button = el("button", { type: "button", class: "plain", disabled: to < 1 || to > pages }, name);
    button.addEventListener("click", () => shown.go({ page: to }));
    return button;
  };
  return el(
    "nav",
    { class: "row pager", "aria-label": words.pages },
    step(words.previous, now - 1),
    el("span", {}, fill(words.page ?? "", { n: now, of: pages })),
    step(words.next, now + 1),
  );
}

async function toggle(
  button: HTMLButtonElement,
  line: HTMLTableRowElement,
  at: number,
  row: Row,
  table: Table,
  shown: Shown,
): Promise<void> {
  const open = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!open));
  if (open) {
    line.nextElementSibling?.remove();
    return;
  }
  const inside = el(
    "td",
    { colspan: table.columns.length + 1 },
    el("p", { role: "status" }, shown.told.words.loading),
  );
  line.after(el("tr", { class: "why" }, inside));
  inside.replaceChildren(await explain(at, row, shown));
}
