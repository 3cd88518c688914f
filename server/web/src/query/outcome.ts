/** What came of a query: its answer in the picture that is chosen, with all that can be done with it. */
import { el } from "../common/dom.ts";
import { save } from "../network/save.ts";
import type { Table } from "./answer.ts";
import { fitting, type Picture } from "./pictures.ts";
import type { Answered, Refused } from "./running.ts";
import { LANGUAGES, type Language, sample } from "./samples.ts";
import { question } from "./state.ts";
import { draw as tabled, type Shown } from "./table.ts";
import { fill } from "./words.ts";

/** Things of a picture that names and places are learnt of before it is drawn. */
const LEARNT = 1000;

export function row(count: number, { words }: Shown["told"]): string {
  return count === 1
    ? (words.oneRow ?? "")
    : fill(words.rows ?? "", { n: count.toLocaleString(document.documentElement.lang) });
}

/** How often something was to be shown: what takes longer to be drawn must not come in place of what came later. */
let latest = 0;

/** Shows an answer. What takes its time to be drawn is drawn when it is chosen, and only then fetched. */
export async function show(outcome: HTMLElement, answered: Answered, shown: Shown): Promise<void> {
  const own = ++latest;
  const { told } = shown;
  const { words } = told;
  const heading = el("h2", { id: "answer", tabindex: -1 }, words.answer);
  const section = el("section", { class: "answered", "aria-labelledby": "answer" }, heading);
  const { answer } = answered;
  if (answer.kind === "boolean")
    section.append(el("p", { class: "lead" }, answer.yes ? words.yes : words.no));
  if (answer.kind === "graph") section.append(el("pre", { tabindex: 0 }, el("code", {}, answer.text)));
  if (answer.kind === "table") section.append(...(await pictured(answer, answered.graph, shown)));
  section.append(links(shown), elsewhere(answered, shown));
  if (own === latest) outcome.replaceChildren(...onPaper(shown), section);
}

/** What was asked, which on the screen stands in the form. */
function onPaper({ state }: Shown): HTMLElement[] {
  const { query, parts } = state();
  const chosen = document.querySelector<HTMLSelectElement>("select[name=parts]")?.selectedOptions[0];
  const label = document.querySelector("label[for=parts]")?.textContent;
  const asked = el("pre", { class: "on-paper" }, el("code", {}, query));
  if (!parts) return [asked];
  return [asked, el("p", { class: "on-paper" }, `${label ?? ""}: ${chosen?.textContent ?? parts}`)];
}

async function pictured(table: Table, graph: boolean, shown: Shown): Promise<HTMLElement[]> {
  const { told, names } = shown;
  const { words } = told;
  await learn(table, shown);
  const { offered, first } = fitting(table, shown.state().query, names);
  const wanted = shown.state().view || first;
  const view = offered.includes(wanted) ? wanted : "table";
  const buttons = offered.map((name) => {
    const button = el(
      "button",
      { type: "button", class: "plain", "aria-pressed": String(name === view), "data-view": name },
      words[name],
    );
    button.addEventListener("click", () => shown.go({ view: name }));
    return button;
  });
  const choose = el("div", { class: "row views", role: "group", "aria-label": words.showAs }, ...buttons);
  const parts: HTMLElement[] = [choose];
  if (!table.rows.length) return [...parts, el("p", {}, words.nothing ?? "")];
  if (view !== "table") parts.push(await picture(table, view, shown));
  const rows = tabled(table, shown);
  if (graph) for (const button of rows.querySelectorAll(".why")) button.closest("td")?.remove();
  if (graph) rows.querySelector("thead th:last-child")?.remove();
  if (view === "table") return [...parts, rows];
  // Every picture has its table.
  return [...parts, el("h3", {}, words.sameAsTable), rows];
}

async function learn(table: Table, { names }: Shown): Promise<void> {
  const values = new Map(
    table.rows.flatMap((one) => Object.values(one).map((value) => [value?.value ?? "", value] as const)),
  );
  const all = [...values.values()].slice(0, LEARNT);
  for (let at = 0; at < all.length; at += 250) await names.learn(all.slice(at, at + 250));
}

async function picture(table: Table, view: Picture, shown: Shown): Promise<HTMLElement> {
  const { words } = shown.told;
  const made = await drawn(table, view, shown).catch(() => el("p", { role: "alert" }, words.failed));
  for (const image of made.querySelectorAll<SVGSVGElement>(".wide > svg")) {
    const take = el("p", { class: "row take" });
    for (const form of ["svg", "png"] as const) {
      const button = el("button", { type: "button", class: "plain" }, words[form]);
      button.addEventListener("click", () => void save(image, form, document.title));
      take.append(button);
    }
    image.parentElement?.after(take);
  }
  return made;
}

async function drawn(table: Table, view: Picture, shown: Shown): Promise<HTMLElement> {
  switch (view) {
    case "chart":
      return (await import("./chart.ts")).draw(table, shown);
    case "map":
      return (await import("./map.ts")).draw(table, shown);
    case "timeline":
      return (await import("./timeline.ts")).draw(table, shown);
    case "network":
      return (await import("./network.ts")).draw(table, shown);
    default:
      return tabled(table, shown);
  }
}

function links({ told, state }: Shown): HTMLElement {
  const { words } = told;
  const asked = question(state());
  const two = new URLSearchParams({ query: state().query });
  if (state().parts) two.set("a", state().parts);
  const lead = (address: string, name: string | undefined): HTMLElement => el("a", { href: address }, name);
  return el(
    "p",
    { class: "leads" },
    lead(`${told.receipts}?${asked}`, words.receipts),
    " · ",
    lead(`${told.cite}?${asked}`, words.cite),
    " · ",
    lead(`${told.stances}?${two}`, words.compare),
  );
}

/** Ways to have the answer elsewhere: files, a link, programs. */
function elsewhere({ graph }: Answered, { told, state }: Shown): HTMLElement {
  const { words } = told;
  const asked = question(state());
  const files = el("p", { class: "downloads" }, words.whole, " ");
  for (const name of graph ? told.graphs : told.results) {
    const address = new URLSearchParams(asked);
    address.set("format", name);
    files.append(el("a", { href: `${told.sparql}?${address}` }, name.toUpperCase()), " ");
  }
  const share = copying(words.share, () => location.href, words);
  const code = el("code");
  const select = el(
    "select",
    {},
    ...Object.entries(LANGUAGES).map(([value, name]) => el("option", { value }, name)),
  );
  const write = (): void => {
    const endpoint = new URL(told.sparql, location.href).href;
    code.textContent = sample(select.value as Language, asked, endpoint, graph);
  };
  select.addEventListener("change", write);
  write();
  return el(
    "div",
    { class: "elsewhere" },
    files,
    el("p", { class: "row" }, share),
    el(
      "details",
      { class: "code" },
      el("summary", {}, words.code),
      el(
        "div",
        { class: "row" },
        el("label", {}, words.language, " ", select),
        copying(words.copy, () => code.textContent ?? "", words),
      ),
      el("pre", { tabindex: 0, "aria-label": words.code }, code),
    ),
  );
}

function copying(name: string | undefined, text: () => string, words: Shown["told"]["words"]): HTMLElement {
  const button = el("button", { type: "button", class: "plain" }, name);
  const said = el("span", { role: "status" });
  button.addEventListener("click", () => {
    navigator.clipboard.writeText(text()).then(
      () => said.replaceChildren(words.copied ?? ""),
      // Without a secure connection there is no clipboard: the text is there to be marked.
      () => said.replaceChildren(text()),
    );
  });
  return el("span", { class: "copying" }, button, " ", said);
}

/** Shows what went wrong. */
export function refuse(
  outcome: HTMLElement,
  refused: Refused,
  goTo: (() => void) | undefined,
  { told }: Shown,
): void {
  const { line, column } = refused.fault;
  const section = el(
    "section",
    { id: "problem", class: "problem", role: "alert", "aria-labelledby": "problem-title" },
    el("h2", { id: "problem-title" }, refused.title),
    el("p", {}, refused.fault.message),
  );
  if (line && goTo) {
    const button = el(
      "button",
      { type: "button", class: "plain" },
      fill(told.words.goTo ?? "", { line, column: column ?? 1 }),
    );
    button.addEventListener("click", goTo);
    section.append(button);
  }
  outcome.replaceChildren(section);
}
