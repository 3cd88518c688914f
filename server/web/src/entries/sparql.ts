/** The query page: one state, which the address holds; the form below it still works without any of this. */
import { data, el } from "../common/dom.ts";
import type { Editor, Fault } from "../query/editor.ts";
import { entries, forget, remember } from "../query/history.ts";
import { Names } from "../query/names.ts";
import { refuse, row, show } from "../query/outcome.ts";
import { type Answered, check, Refused, run } from "../query/running.ts";
import { fromAddress, question, type State, toAddress } from "../query/state.ts";
import type { Terms } from "../query/terms.ts";
import type { Shown } from "../query/table.ts";
import { fill, type Told } from "../query/words.ts";

const main = document.querySelector<HTMLElement>("main");
const form = document.querySelector<HTMLFormElement>("#ask");
const area = document.querySelector<HTMLTextAreaElement>("#query");
const outcome = document.querySelector<HTMLElement>("#outcome");
if (!main || !form || !area || !outcome) throw new Error("found no page of a query");
const [page, asking, typed, result] = [main, form, area, outcome];

const told = data<Told & { readonly longest: number }>("query-page");
const { words } = told;
const parts = asking.elements.namedItem("parts") as HTMLSelectElement;
const names = new Names(told.sparql, told.base, told.prefixes);
let state: State = { ...fromAddress(location.search), query: typed.value, parts: parts.value };
/** What the page begins with where its address asks nothing. */
const beginning = fromAddress(location.search).query ? "" : typed.value;
let answered: Answered | undefined;
let answeredFor = "";
let running: AbortController | undefined;
let editor: Editor | undefined;

page.classList.add("lively");
const status = el("p", { class: "status", role: "status" });
const clock = el("span", { class: "clock", "aria-hidden": "true" });
const cancel = el("button", { type: "button", class: "plain", hidden: true }, words.cancel);
const faults = el("p", { class: "faults", role: "status" });
const submit = asking.querySelector<HTMLButtonElement>("button[type=submit]");
submit?.setAttribute("title", words.runKeys ?? "");
submit?.after(cancel, status, clock);
typed.after(faults, el("p", { class: "hint keys" }, words.keys));

const shown: Shown = { told, names, state: () => state, go };

/** Goes to another view of the same answer. */
function go(change: Partial<State>): void {
  state = { ...state, ...change };
  toHistory(change.view ? "push" : "replace");
  void redraw();
}

function toHistory(how: "push" | "replace"): void {
  const address = toAddress(state);
  // An address that the server would refuse restores nothing.
  if (address.length > told.longest) return;
  const whole = `${location.pathname}?${address}`;
  if (whole === location.pathname + location.search) return;
  if (how === "push") history.pushState(null, "", whole);
  else history.replaceState(null, "", whole);
}

async function redraw(): Promise<void> {
  if (!answered) return;
  const chosen = document.activeElement?.closest<HTMLElement>(
    "[data-view], .sort, .pager button, select[name^=chart]",
  );
  const again = chosen && selector(chosen);
  await show(result, answered, shown);
  // Who chose by keyboard stays where he is.
  if (again) result.querySelector<HTMLElement>(again)?.focus();
}

function selector(element: HTMLElement): string {
  if (element.dataset.view) return `[data-view="${element.dataset.view}"]`;
  if (element instanceof HTMLSelectElement) return `select[name="${element.name}"]`;
  const group = element.classList.contains("sort") ? ".sort" : ".pager button";
  const at = [...result.querySelectorAll(group)].indexOf(element);
  return group === ".sort" ? `th:nth-child(${at + 1}) .sort` : `.pager button:nth-of-type(${at + 1})`;
}

/** Runs what is written; a text that cannot be parsed is not sent. */
async function ask(how: "push" | "replace" = "push"): Promise<void> {
  running?.abort();
  const own = new AbortController();
  running = own;
  const began = performance.now();
  const ticking = window.setInterval(() => {
    const seconds = Math.floor((performance.now() - began) / 1000);
    if (seconds) clock.textContent = fill(words.seconds ?? "", { n: seconds });
  }, 500);
  cancel.hidden = false;
  result.setAttribute("aria-busy", "true");
  status.textContent = words.running ?? "";
  const asked = question(state);
  try {
    const fault = await check(told, state.query);
    if (own.signal.aborted) throw new DOMException("", "AbortError");
    if (fault) throw new Refused(words.notSparql ?? "", fault);
    // What fails, too, has an address that can be passed on.
    toHistory(how);
    const fresh = await run(told, asked, own.signal);
    if (own !== running) return;
    answered = fresh;
    answeredFor = asked.toString();
    editor?.mark(undefined);
    await show(result, fresh, shown);
    const rows = fresh.answer.kind === "table" ? fresh.answer.rows.length : 1;
    status.textContent = fill(words.took ?? "", { rows: row(rows, told), time: duration(fresh.seconds) });
    remember({ query: state.query, parts: state.parts, when: Date.now(), rows });
    showHistory();
    document.title = document.title.replace(/^[^·]*/, `${words.answer ?? ""} `);
  } catch (error) {
    if (own !== running) return;
    if (own.signal.aborted) status.textContent = words.cancelled ?? "";
    else failed(error);
  } finally {
    clearInterval(ticking);
    if (own === running) {
      running = undefined;
      settle();
    }
  }
}

/** Has nothing shown any more of what is being asked: something else is to be seen. */
function leave(): void {
  if (!running) return;
  running.abort();
  running = undefined;
  status.textContent = "";
  settle();
}

/** Shows that nothing is being asked. */
function settle(): void {
  clock.textContent = "";
  cancel.hidden = true;
  result.removeAttribute("aria-busy");
}

function failed(error: unknown): void {
  const refused =
    error instanceof Refused ? error : new Refused(words.problem ?? "", { message: words.failed ?? "" });
  answered = undefined;
  status.textContent = "";
  const { fault } = refused;
  editor?.mark(fault);
  refuse(result, refused, editor && (() => editor?.goTo(fault)), shown);
}

function duration(seconds: number): string {
  const language = document.documentElement.lang;
  if (seconds < 1) return fill(words.milliseconds ?? "", { n: Math.max(1, Math.round(seconds * 1000)) });
  return fill(words.seconds ?? "", { n: seconds.toLocaleString(language, { maximumFractionDigits: 1 }) });
}

function begin(): void {
  state = {
    ...state,
    query: typed.value,
    parts: parts.value,
    view: "",
    sort: "",
    page: 1,
    x: "",
    y: "",
    mark: "",
  };
  void ask();
}

asking.addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
cancel.addEventListener("click", () => {
  running?.abort();
  submit?.focus();
});
parts.addEventListener("change", () => {
  if (answered) begin();
});
window.addEventListener("popstate", () => {
  leave();
  state = fromAddress(location.search);
  parts.value = state.parts;
  put(state.query || beginning);
  if (question(state).toString() === answeredFor) void redraw();
  else if (state.query) void ask("replace");
  else {
    answered = undefined;
    answeredFor = "";
    status.textContent = "";
    result.replaceChildren();
  }
});

/** What was run here before. */
const past = el("details", { class: "past" }, el("summary", {}, words.history));
document.querySelector("#named-section")?.before(past);
function showHistory(): void {
  const kept = entries();
  past.hidden = !kept.length;
  const when = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium",
    timeStyle: "short",
  });
  const list = el(
    "ol",
    { class: "named" },
    ...kept.map((entry) => {
      const lines = entry.query.split("\n").map((line) => line.trim());
      const title = lines
        .find((line) => line.startsWith("# title:"))
        ?.slice(8)
        .trim();
      const first = lines.find((line) => line && !/^(#|PREFIX|BASE)/i.test(line)) ?? entry.query;
      const button = el("button", { type: "button", class: "plain" }, (title ?? first).slice(0, 120));
      button.addEventListener("click", () => {
        put(entry.query);
        parts.value = entry.parts;
        begin();
      });
      const stance = parts.querySelector(`option[value="${CSS.escape(entry.parts)}"]`)?.textContent;
      return el(
        "li",
        {},
        button,
        " ",
        el(
          "small",
          {},
          [when.format(entry.when), row(entry.rows, told), entry.parts && stance].filter(Boolean).join(" · "),
        ),
      );
    }),
  );
  const clear = el("button", { type: "button", class: "plain" }, words.forget);
  clear.addEventListener("click", () => {
    forget();
    showHistory();
  });
  past.replaceChildren(
    el("summary", {}, words.history),
    el("p", { class: "hint" }, words.private),
    list,
    clear,
  );
}

function put(text: string): void {
  typed.value = text;
  if (editor) editor.text = text;
}

/** The gallery, filtered as one types. */
const gallery = document.querySelector<HTMLElement>("#gallery");
if (gallery) {
  const filter = el("input", { type: "search", id: "filter", autocomplete: "off" });
  const count = el("span", { role: "status", class: "hint" });
  const cards = [...gallery.querySelectorAll<HTMLElement>(":scope > li")];
  filter.addEventListener("input", () => {
    const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const card of cards) {
      const text = card.textContent?.toLowerCase() ?? "";
      card.hidden = !wanted.every((word) => text.includes(word));
      if (!card.hidden) left += 1;
    }
    count.textContent = wanted.length ? fill(words.found ?? "", { n: left, of: cards.length }) : "";
  });
  gallery.before(
    el("p", { class: "row filter" }, el("label", { for: "filter" }, words.filter), filter, count),
  );
}
showHistory();

let fetched: Promise<Terms> | undefined;

async function fetchTerms(): Promise<Terms> {
  const { NOTHING, terms } = await import("../query/terms.ts");
  try {
    const reply = await fetch(told.terms, { headers: { Accept: "application/json" } });
    return reply.ok ? terms(await reply.json()) : NOTHING;
  } catch {
    return NOTHING;
  }
}

function tell(fault: Fault | undefined): void {
  faults.textContent = fault
    ? fill(words.at ?? "", { line: fault.line ?? 1, column: fault.column ?? 1, message: fault.message })
    : "";
}

async function edit(): Promise<void> {
  const { Editor } = await import("../query/editor.ts");
  const focused = document.activeElement === typed;
  const { selectionStart: anchor, selectionEnd: head } = typed;
  editor = new Editor(typed, told, {
    changed: (text) => {
      typed.value = text;
    },
    run: begin,
    check: (text) => check(told, text),
    faults: tell,
    terms: () => (fetched ??= fetchTerms()),
  });
  // Names of the graph are fetched when somebody comes to write.
  editor.host.addEventListener("focusin", () => void (fetched ??= fetchTerms()), { once: true });
  if (!focused) return;
  editor.view.dispatch({ selection: { anchor, head } });
  editor.view.focus();
}

// Whoever only reads an answer needs no editor, which is more than all the rest of the page: it comes with the
// first sign of somebody's hand. The text area has the editor's look, so nothing moves then.
const signs = ["pointermove", "pointerdown", "keydown", "focusin"] as const;
const hand = new AbortController();
for (const sign of signs) {
  window.addEventListener(
    sign,
    () => {
      hand.abort();
      void edit();
    },
    { signal: hand.signal, passive: true },
  );
}
typed.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  begin();
});
if (location.search && fromAddress(location.search).query && !document.querySelector("#problem"))
  void ask("replace");
