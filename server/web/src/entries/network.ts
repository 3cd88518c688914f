/** The page of who influenced whom: one state, from which picture, panel, time, table and address all follow. */
import { data, el } from "../common/dom.ts";
import { joined, type Told } from "../network/model.ts";
import { type Found, Panel, steps } from "../network/panel.ts";
import { save } from "../network/save.ts";
import { appearance, filters, NOTHING, read, type State, write } from "../network/state.ts";
import { Time } from "../network/time.ts";
import { View } from "../network/view.ts";
import { texts } from "../network/words.ts";

const main = document.querySelector<HTMLElement>("main");
const frame = document.querySelector<HTMLElement>(".picture");
const form = document.querySelector<HTMLFormElement>(".filters");
const finder = document.querySelector<HTMLFormElement>(".paths");
const chosen = document.querySelector<HTMLElement>(".chosen");
const clock = document.querySelector<HTMLElement>(".time");
const take = document.querySelector<HTMLElement>(".take p");
if (!main || !frame || !form || !finder || !chosen || !clock || !take)
  throw new Error("found no page of a network");

const place = chosen;
let told = data<Told>("network");
const said = texts(data<Record<string, unknown>>("words"));
const { words } = said;
let state = read(location.search);
let found: Found | undefined;
let asked = 0;
/** The filters of the network that is drawn. */
let drawn = filters(state, false).toString();

main.classList.add("lively");
finder.hidden = false;
clock.hidden = false;
const choosing = {
  actor: (id: string) => {
    go({ actor: id, act: null, from: "", to: "" });
    reveal();
  },
  act: (event: string) => {
    go({ act: event, from: "", to: "" });
    reveal();
  },
  nothing: () => go(state.act && state.actor ? { act: null } : { actor: null, act: null, from: "", to: "" }),
};
const view = new View(frame, told, words, choosing);
const panel = new Panel(chosen, said, {
  ...choosing,
  close: () => {
    const back = state.actor;
    choosing.nothing();
    if (back) view.focus(back);
  },
  grow: (id) => void grow(id),
  chain: (end, name) => {
    const field = finder.elements.namedItem(end) as HTMLInputElement;
    field.value = name;
    const other = finder.elements.namedItem(end === "from" ? "to" : "from") as HTMLInputElement;
    if (other.value) finder.requestSubmit();
    else other.focus();
  },
});
const time = new Time(clock, words, (since, until, going) =>
  go({ since, until }, going ? "replace" : "push"),
);
time.draw(told);

/** Brings the beginning of what is told into the window where the panel stands below the picture. */
function reveal(): void {
  const [{ top }, room] = [place.getBoundingClientRect(), innerHeight * 0.6];
  if (top > room) scrollBy({ top: top - room });
}

/** Goes to another state: shows it, and makes it the address. */
function go(change: Partial<State>, how: "push" | "replace" = "push"): void {
  state = { ...state, ...change };
  const address = `${location.pathname}${write(state) ? `?${write(state)}` : ""}`;
  if (address !== location.pathname + location.search) {
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }
  void follow();
}

/** Brings the page to the present state, asking the server for what is not here yet. */
async function follow(): Promise<void> {
  const own = ++asked;
  const wanted = filters(state, false).toString();
  if (wanted !== drawn) {
    const more = await ask<Told>(`${words.view}?${wanted}`);
    if (own !== asked) return;
    if (more) {
      told = more;
      drawn = wanted;
      view.draw(told);
      time.draw(told);
      // The table holds the acts of another network now: the server writes it anew.
      void rewrite();
    }
  }
  if (state.from && state.to) {
    const query = filters(state);
    query.set("from", state.from);
    query.set("to", state.to);
    if (state.certain) query.set("certain", "true");
    const answer = await ask<Found>(`${words.paths}?${query}`);
    if (own !== asked) return;
    found = answer;
    if (!answer) state = { ...state, from: "", to: "" };
  } else found = undefined;
  render();
}

async function ask<Answer>(address: string): Promise<Answer | undefined> {
  try {
    const reply = await fetch(address, { headers: { Accept: "application/json" } });
    if (reply.ok) return (await reply.json()) as Answer;
    const problem = (await reply.json()) as { detail?: string };
    notice(problem.detail ?? words.failed);
  } catch {
    notice(words.failed);
  }
  return undefined;
}

let noticed = "";
function notice(text: string | undefined): void {
  noticed = text ?? "";
}

async function grow(id: string): Promise<void> {
  const wanted = drawn;
  const query = new URLSearchParams(wanted);
  query.set("actor", id);
  const more = await ask<Told>(`${words.view}?${query}`);
  if (wanted !== drawn) return;
  if (!more) return render();
  told = joined(told, more);
  view.draw(told);
  time.draw(told);
  render();
}

/** Takes over from the server's page of another network what scripts do not write: its numbers, sides and acts. */
async function rewrite(): Promise<void> {
  const wanted = filters(state, false).toString();
  let page: Document;
  try {
    const reply = await fetch(`${location.pathname}?${wanted}`, { headers: { Accept: "text/html" } });
    if (!reply.ok) throw new Error(reply.statusText);
    page = new DOMParser().parseFromString(await reply.text(), "text/html");
  } catch {
    notice(words.failed);
    return render();
  }
  if (wanted !== filters(state, false).toString()) return;
  for (const selector of [".count", ".sides", ".twin tbody"]) {
    const [mine, theirs] = [document.querySelector(selector), page.querySelector(selector)];
    if (mine && theirs) mine.replaceWith(document.adoptNode(theirs));
  }
  const chips = new Map([...page.querySelectorAll(".chip")].map((chip) => [mannerOf(chip), chip]));
  for (const chip of document.querySelectorAll(".chip")) {
    const number = chip.querySelector(".number");
    const theirs = chips.get(mannerOf(chip));
    if (number) number.textContent = theirs?.querySelector(".number")?.textContent ?? "0";
    chips.delete(mannerOf(chip));
  }
  document.querySelector(".chips")?.append(...[...chips.values()].map((chip) => document.adoptNode(chip)));
  render();
}

function mannerOf(chip: Element): string {
  return chip.querySelector("input")?.value ?? "";
}

function render(): void {
  const shown = appearance(told, state, steps(found));
  view.show(shown);
  panel.show(told, state, shown, found);
  if (noticed) {
    chosen?.prepend(el("p", { class: "problem", role: "alert" }, noticed));
    noticed = "";
  }
  time.show(state, shown.hidden);
  const narrowed = state.manners.length > 0 || state.since !== null || state.until !== null;
  const events = new Set([...shown.acts].map((at) => told.acts[at]?.event));
  const count = document.querySelector(".count .shown");
  if (count) count.textContent = narrowed ? (words.shown ?? "").replace("#n", String(events.size)) : "";
  for (const row of document.querySelectorAll<HTMLElement>(".twin tr[data-act]")) {
    row.hidden = !shown.acts.has(Number(row.dataset.act));
  }
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".take a[data-form]")) {
    const asked = filters(state);
    for (const manner of state.manners) asked.append("manner", manner);
    const query = asked.toString();
    link.href = `${link.href.split("?")[0]}${query ? `?${query}` : ""}`;
  }
  const fields = form?.elements;
  for (const box of form?.querySelectorAll<HTMLInputElement>("[name=manner]") ?? []) {
    box.checked = state.manners.includes(box.value);
  }
  const put = (name: string, value: string): void => {
    const field = fields?.namedItem(name);
    if (field instanceof HTMLSelectElement || field instanceof HTMLInputElement) field.value = value;
  };
  put("parts", state.parts);
  put("effects", state.effects ? "true" : "");
  put("roll-up", state.rollUp);
  put("since", state.since ?? "");
  put("until", state.until ?? "");
  document.body.dataset.drawn = String(shown.acts.size);
}

form.addEventListener("change", () => {
  const values = new FormData(form);
  go({
    manners: values.getAll("manner").map(String),
    parts: String(values.get("parts") ?? ""),
    effects: values.get("effects") === "true",
    rollUp: String(values.get("roll-up") ?? ""),
    ...(values.get("roll-up") === state.rollUp ? {} : { actor: null, act: null }),
  });
});
form.addEventListener("submit", (event) => event.preventDefault());
finder.addEventListener("submit", (event) => {
  event.preventDefault();
  const values = new FormData(finder);
  go({
    from: String(values.get("from") ?? "").trim(),
    to: String(values.get("to") ?? "").trim(),
    certain: values.get("certain") === "true",
    actor: null,
    act: null,
  });
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !(event.target as Element).closest("input, svg")) choosing.nothing();
});
window.addEventListener("popstate", () => {
  state = read(location.search);
  for (const end of ["from", "to"] as const)
    (finder.elements.namedItem(end) as HTMLInputElement).value = state[end];
  time.stop();
  void follow();
});

const action = (text: string | undefined, act: () => void): HTMLButtonElement => {
  const made = el("button", { type: "button" }, text);
  made.addEventListener("click", act);
  return made;
};
take.append(
  action(words.svg, () => void save(view.picture, "svg", document.title)),
  action(words.png, () => void save(view.picture, "png", document.title)),
  action(words.reset, () => go({ ...NOTHING })),
);
void follow();
