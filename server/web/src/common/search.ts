/** Suggestions under the search of every page: a combobox as WAI-ARIA's authoring practices describe it. */
import { el } from "./dom.ts";
import { inOrder, type Labels } from "./labels.ts";

interface Hit {
  readonly iri: string;
  readonly href: string;
  readonly labels: Labels;
  readonly types: readonly string[];
  /** What its class is called, by language. */
  readonly kind: Labels;
  readonly text: string;
  readonly language: string | null;
}

const PAUSE = 120;
const MOST = 8;
let lists = 0;

/** What a class is called: the last part of its IRI, in words. */
export function kindOf(types: readonly string[]): string {
  const name = types[0]?.split(/[/#]/).at(-1) ?? "";
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

/** Makes a search form suggest names; the form itself stays as it is, so that Enter still searches. */
export function suggest(form: HTMLFormElement): void {
  const found = form.querySelector<HTMLInputElement>("input[type=search]");
  if (!found) return;
  const input = found;
  const language = document.documentElement.lang;
  const list = el("ul", { class: "instant", role: "listbox", id: `instant-${++lists}`, hidden: true });
  const status = el("p", { class: "out-of-sight", role: "status" });
  form.append(list, status);
  form.dataset.lively = "";
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-expanded": "false",
    "aria-autocomplete": "list",
    "aria-controls": list.id,
  })) {
    input.setAttribute(name, value);
  }
  list.setAttribute("aria-label", input.getAttribute("aria-label") ?? "");

  let timer = 0;
  let asking: AbortController | undefined;
  let chosen = -1;

  function options(): HTMLElement[] {
    return [...list.querySelectorAll<HTMLElement>("[role=option]")];
  }

  function choose(index: number): void {
    const all = options();
    chosen = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === chosen));
    });
    const now = all[chosen];
    if (now) {
      input.setAttribute("aria-activedescendant", now.id);
      now.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function close(): void {
    // What has been asked for already would open it again.
    clearTimeout(timer);
    asking?.abort();
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function show(hits: readonly Hit[]): void {
    list.replaceChildren(
      ...hits.map((hit, at) => {
        const [first, ...others] = inOrder(hit.labels, language);
        const [kind] = inOrder(hit.kind, language);
        return el(
          "li",
          { role: "option", id: `${list.id}-${at}`, "aria-selected": "false", "data-href": hit.href },
          el("b", { lang: first?.[0] || undefined }, first?.[1] ?? hit.text),
          el("small", { lang: kind?.[0] || "en" }, kind?.[1].toLowerCase() ?? kindOf(hit.types)),
          others.length > 0 && el("span", { class: "others" }, others.map(([, label]) => label).join(" · ")),
        );
      }),
    );
    if (!hits.length) list.append(el("li", { class: "nothing" }, form.dataset.nothing ?? ""));
    status.textContent = hits.length
      ? (form.dataset.count ?? "#").replace("#", String(hits.length))
      : (form.dataset.nothing ?? "");
    list.hidden = false;
    chosen = -1;
    input.setAttribute("aria-expanded", String(hits.length > 0));
  }

  async function ask(): Promise<void> {
    asking?.abort();
    const text = input.value.trim();
    if (!text) return close();
    asking = new AbortController();
    const address = `${form.dataset.instant}?${new URLSearchParams({ q: text, limit: String(MOST) })}`;
    try {
      const reply = await fetch(address, {
        headers: { Accept: "application/json" },
        signal: asking.signal,
      });
      if (!reply.ok) return close();
      const told = (await reply.json()) as { hits: Hit[] };
      if (document.activeElement === input) show(told.hits);
    } catch {
      // A newer question took this one's place, or there is no network: the form still works.
    }
  }

  function go(option: HTMLElement | undefined): void {
    if (option?.dataset.href) location.assign(option.dataset.href);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      if (list.hidden) void ask();
      else choose(chosen + 1);
    } else if (event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen < 0 ? options().length - 1 : chosen - 1);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && !list.hidden && chosen >= 0) {
      event.preventDefault();
      go(options()[chosen]);
    }
  });
  input.addEventListener("blur", () => window.setTimeout(close, PAUSE));
  input.addEventListener("focus", () => {
    if (input.value.trim()) void ask();
  });
  // Before the field loses its focus, and with it the list.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    go((event.target as Element).closest<HTMLElement>("[role=option]") ?? undefined);
  });
}
