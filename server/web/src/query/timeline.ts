/** The dates of an answer on a line of time, a lane for each row: a bar from the earliest day to the latest. */
import { el, svg } from "../common/dom.ts";
import { type Row, spanOf, type Table } from "./answer.ts";
import { dated, naming } from "./pictures.ts";
import type { Shown } from "./table.ts";
import { fill, href } from "./words.ts";

const LANE = 26;
const LEFT = 250;
const WIDTH = 960;
const TOP = 30;
const MOST = 150;
const DAY = 86_400_000;

/** Years, months or days at which the line is marked: at most a dozen. */
export function ticks(from: number, until: number): number[] {
  const [first, last] = [new Date(from), new Date(until)];
  const months =
    (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth();
  if (months < 2) {
    const step = Math.max(1, Math.ceil((until - from) / DAY / 8)) * DAY;
    return Array.from({ length: Math.floor((until - from) / step) + 1 }, (_, at) => from + at * step);
  }
  const step =
    [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000].find((size) => months / size <= 10) ?? 12_000;
  const begin = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / step) * step;
  const marks: number[] = [];
  for (let month = begin; ; month += step) {
    const at = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (at > until) return marks;
    if (at >= from) marks.push(at);
  }
}

export function draw(table: Table, shown: Shown): HTMLElement {
  const { told, names } = shown;
  const { words } = told;
  const columns = dated(table);
  const title = naming(table, columns) ?? table.columns[0] ?? "";
  const all = table.rows.flatMap((row) => {
    const spans = columns.flatMap((column) => spanOf(row[column]) ?? []);
    return spans.length ? [{ row, from: Math.min(...spans), until: Math.max(...spans) }] : [];
  });
  const events = all.sort((a, b) => a.from - b.from || a.until - b.until).slice(0, MOST);
  const from = Math.min(...events.map((event) => event.from)) - DAY;
  const until = Math.max(...events.map((event) => event.until)) + DAY;
  const x = (when: number): number => LEFT + ((when - from) / (until - from)) * (WIDTH - LEFT - 24);
  const height = TOP + events.length * LANE + 8;
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    height,
    role: "group",
    "aria-label": fill(words.timelineOf ?? "", { n: events.length }),
  });
  const long = until - from > 900 * DAY;
  const named = new Intl.DateTimeFormat(
    document.documentElement.lang === "th" ? "th-u-ca-gregory" : "en-GB",
    {
      timeZone: "UTC",
      year: "numeric",
      ...(until - from > 4000 * DAY ? {} : { month: "short" }),
      ...(long || until - from > 70 * DAY ? {} : { day: "numeric" }),
    },
  );
  for (const at of ticks(from, until)) {
    picture.append(
      svg("line", { class: "tick", x1: x(at), x2: x(at), y1: TOP - 6, y2: height }),
      svg("text", { class: "when", x: x(at), y: TOP - 12, "text-anchor": "middle" }, named.format(at)),
    );
  }
  events.forEach(({ row, from: begin, until: end }, at) => {
    const y = TOP + at * LANE + LANE / 2;
    const name = names.text(row[title]);
    const when = begin === end ? day(begin) : `${day(begin)} – ${day(end)}`;
    const address = thing(row, shown);
    const parts = [
      svg("title", {}, `${name}: ${when}`),
      svg(
        "text",
        { x: LEFT - 12, y: y + 4, "text-anchor": "end" },
        name.length > 34 ? `${name.slice(0, 33)}…` : name,
      ),
      svg("rect", {
        class: begin === end ? "certain" : "between",
        x: x(begin) - 3,
        y: y - 6,
        width: Math.max(6, x(end) - x(begin) + 6),
        height: 12,
        rx: 3,
      }),
    ];
    picture.append(
      address
        ? svg("a", { href: address, "aria-label": `${name}: ${when}` }, ...parts)
        : svg("g", {}, ...parts),
    );
  });
  const box = el(
    "div",
    { class: "wide", role: "region", tabindex: 0, "aria-label": words.timeline },
    picture,
  );
  const cut =
    all.length > MOST && el("p", { class: "hint" }, fill(words.cutTo ?? "", { n: MOST, of: all.length }));
  return el("div", { class: "times" }, box, cut);
}

function day(when: number): string {
  return new Date(when).toISOString().slice(0, 10);
}

function thing(row: Row, { told }: Shown): string {
  const value = Object.values(row).find((one) => one?.type === "uri" && !spanOf(one));
  return value ? href(value.value, told) : "";
}
