/** The passages that support one row of an answer. */
import { el } from "../common/dom.ts";
import type { Row } from "./answer.ts";
import type { Names } from "./names.ts";
import { question, type State } from "./state.ts";
import { fill, type Told } from "./words.ts";

interface Fact {
  readonly s: string;
  readonly p: string;
  readonly o: string;
  readonly in: readonly string[];
  readonly disputed: boolean;
  readonly kind: string;
}

interface Support {
  readonly passages: readonly string[];
  readonly texts: number;
  readonly indispensable: readonly string[];
}

interface Receipt {
  readonly facts: readonly Fact[];
  readonly rows: readonly (readonly {
    readonly facts: readonly number[];
    readonly notes: readonly string[];
  }[])[];
  readonly notes: readonly string[];
  readonly support: readonly Support[];
  readonly answers: readonly Readonly<Record<string, string>>[];
  readonly passages: Readonly<
    Record<string, { readonly part: string; readonly line: number; readonly gloss: string }>
  >;
}

/** Asks for the receipt of a row and shows it. */
export async function explain(
  at: number,
  row: Row,
  { told, names, state }: { told: Told; names: Names; state: () => State },
): Promise<HTMLElement> {
  const { words } = told;
  const asked = question(state());
  asked.set("rows", String(at));
  try {
    const reply = await fetch(told.receipts, {
      method: "POST",
      body: asked,
      headers: { Accept: "application/json" },
    });
    const answer = (await reply.json()) as Receipt & { detail?: string };
    if (!reply.ok) return el("p", { role: "alert" }, answer.detail ?? words.failed);
    return shown(answer, row, told, names);
  } catch {
    return el("p", { role: "alert" }, words.failed);
  }
}

function shown(answer: Receipt, row: Row, told: Told, names: Names): HTMLElement {
  const { words } = told;
  const support = answer.support[0];
  const box = el("div", { class: "receipt" });
  const same = Object.entries(answer.answers[0] ?? {}).every(([name, term]) =>
    matches(term, row[name]?.value),
  );
  if (!same) box.append(el("p", { role: "alert" }, words.otherRow));
  if (!support?.passages.length) {
    box.append(el("p", {}, words.noPassage));
    return box;
  }
  const texts = support.texts === 1 ? words.oneText : fill(words.texts ?? "", { n: support.texts });
  box.append(el("p", {}, texts));
  const list = el("ul", { class: "passages" });
  for (const key of support.passages) {
    const passage = answer.passages[key];
    const facts = answer.facts.filter((fact) => fact.in.includes(key));
    const disputed = facts.some((fact) => fact.disputed);
    list.append(
      el(
        "li",
        {},
        el("a", { class: "passage", href: `${told.root}/passage/${encodeURIComponent(key)}` }, key),
        " ",
        el("small", {}, passage && `${passage.part}, ${fill(words.line ?? "", { n: passage.line })}`),
        disputed && el("strong", { class: "disputed" }, words.disputed),
        support.indispensable.includes(key) && el("em", {}, words.needed),
        passage?.gloss && el("p", {}, passage.gloss),
        facts.length > 0 &&
          el(
            "details",
            {},
            el("summary", {}, fill(words.facts ?? "", { n: facts.length })),
            el(
              "ul",
              {},
              ...facts.map((fact) =>
                el(
                  "li",
                  {},
                  el("code", {}, [fact.s, fact.p, fact.o].map((term) => short(term, names)).join(" ")),
                ),
              ),
            ),
          ),
      ),
    );
  }
  box.append(list);
  const notes = new Set((answer.rows[0] ?? []).flatMap((alternative) => alternative.notes));
  for (const note of notes) box.append(el("p", { class: "hint", lang: "en" }, note));
  return box;
}

function matches(term: string, value: string | undefined): boolean {
  return value === undefined || term.startsWith("_:") || term.includes(value) || /["\\\n]/.test(value);
}

function short(term: string, names: Names): string {
  return term.startsWith("<") ? names.short(term.slice(1, -1)) : term;
}
