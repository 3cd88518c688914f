/** What can stand in a query: the graph's own names with what they mean, the language's words, the variables. */
import {
  type Completion,
  type CompletionContext,
  type CompletionResult,
  type CompletionSource,
  insertCompletionText,
  pickedCompletion,
} from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import type { EditorState } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import { explained } from "./editor.ts";
import type { Told } from "./words.ts";

/** As the server sends them: the short form, the kind, the label, the definition if there is one. */
type Sent = readonly [short: string, kind: string, label: string, definition?: string];

export interface Known {
  readonly short: string;
  readonly kind: string;
  readonly label: string;
  readonly definition: string;
}

export interface Terms {
  readonly prefixes: Readonly<Record<string, string>>;
  readonly all: readonly Known[];
  readonly byIri: ReadonlyMap<string, Known>;
}

export const NOTHING: Terms = { prefixes: {}, all: [], byIri: new Map() };

export function terms(sent: { prefixes: Record<string, string>; terms: readonly Sent[] }): Terms {
  const labels = new Map(sent.terms.map(([short, , label]) => [short, label]));
  const all = sent.terms.map(([short, kind, label, definition = ""]) => {
    return { short, kind: labels.get(kind) ?? kind, label, definition };
  });
  const byIri = new Map(all.map((term) => [expand(term.short, sent.prefixes) ?? term.short, term]));
  return { prefixes: sent.prefixes, all, byIri };
}

function expand(short: string, prefixes: Readonly<Record<string, string>>): string | undefined {
  const colon = short.indexOf(":");
  const namespace = prefixes[short.slice(0, colon)];
  return colon < 0 || namespace === undefined ? undefined : namespace + short.slice(colon + 1);
}

/** The prefixes that a query declares. */
export function prefixesOf(query: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const match of query.matchAll(/^[^#\n]*?\bPREFIX\s+([\w.-]*):\s*<([^<>\s]*)>/gim))
    found[match[1] ?? ""] = match[2] ?? "";
  return found;
}

/** What a name in a query stands for, if the graph has told. */
export function known(
  told: Terms,
  text: string,
  declared: Readonly<Record<string, string>>,
): Known | undefined {
  const iri = text.startsWith("<") ? text.slice(1, -1) : expand(text, { ...told.prefixes, ...declared });
  return iri === undefined ? undefined : told.byIri.get(iri);
}

/** The name or IRI at a place. */
export function wordAt(
  state: EditorState,
  at: number,
): { readonly from: number; readonly to: number; readonly text: string } | undefined {
  const line = state.doc.lineAt(at);
  for (const match of line.text.matchAll(/<[^<>\s]*>|[A-Za-z][\w-]*:[\w-]+/g)) {
    const from = line.from + match.index;
    if (from <= at && at <= from + match[0].length)
      return { from, to: from + match[0].length, text: match[0] };
  }
  return undefined;
}

const KEYWORDS = `ASK BASE BIND CONSTRUCT DESCRIBE DISTINCT EXISTS FILTER FROM GRAPH GROUP BY HAVING IN LIMIT
MINUS NAMED NOT OFFSET OPTIONAL ORDER BY PREFIX REDUCED SELECT SERVICE SILENT UNDEF UNION VALUES WHERE ASC DESC
AS`;
const FUNCTIONS = `ABS AVG BNODE BOUND CEIL COALESCE CONCAT CONTAINS COUNT DATATYPE DAY ENCODE_FOR_URI FLOOR
GROUP_CONCAT HOURS IF IRI ISBLANK ISIRI ISLITERAL ISNUMERIC LANG LANGMATCHES LCASE MAX MIN MINUTES MONTH NOW
RAND REGEX REPLACE ROUND SAMETERM SAMPLE SECONDS SHA256 STR STRAFTER STRBEFORE STRDT STRENDS STRLANG STRLEN
STRSTARTS SUBSTR SUM TIMEZONE TZ UCASE UUID YEAR`;
const WORDS: readonly Completion[] = [
  ...KEYWORDS.replace(/\b(GROUP|ORDER) BY/g, "$1_BY")
    .split(/\s+/)
    .map((word) => ({ label: word.replace("_BY", " BY"), type: "keyword" })),
  ...FUNCTIONS.split(/\s+/).map((word) => ({ label: word, type: "function", apply: `${word}(` })),
];
const MOST = 50;

/** Inserts a name and declares its prefix above, where the query does not. */
function inserted(term: Known, told: Terms): NonNullable<Completion["apply"]> {
  return (view: EditorView, completion: Completion, from: number, to: number): void => {
    const prefix = term.short.slice(0, term.short.indexOf(":"));
    const text = view.state.doc.toString();
    const namespace = told.prefixes[prefix];
    if (prefix in prefixesOf(text) || namespace === undefined) {
      view.dispatch(insertCompletionText(view.state, term.short, from, to));
      return;
    }
    // Below the last prefix, or below the comments at the top.
    const head = /^(?:\s*(?:#[^\n]*|(?:PREFIX|BASE)\b[^\n]*)(?:\n|$))+/i.exec(text)?.[0].length ?? 0;
    const declaration = `PREFIX ${prefix}: <${namespace}>\n`;
    view.dispatch({
      changes: [
        { from: Math.min(head, from), insert: declaration },
        { from, to, insert: term.short },
      ],
      selection: { anchor: from + declaration.length + term.short.length },
      annotations: pickedCompletion.of(completion),
      userEvent: "input.complete",
    });
  };
}

/** How well a name fits what is typed; 0 where it does not. */
export function fit(term: Known, typed: string): number {
  const [short, label] = [term.short.toLowerCase(), term.label.toLowerCase()];
  const local = short.slice(short.indexOf(":") + 1);
  const kind = term.kind === "property" ? 0.3 : term.kind === "class" ? 0.2 : 0;
  if (typed.includes(":")) {
    if (short.startsWith(typed)) return 4 + kind;
    const [prefix = "", name = ""] = typed.split(":", 2);
    return short.startsWith(`${prefix}:`) && (local.includes(name) || label.includes(name)) ? 2 + kind : 0;
  }
  if (local.startsWith(typed) || label.startsWith(typed)) return 3 + kind;
  if (label.split(/[\s-]+/).some((word) => word.startsWith(typed))) return 2 + kind;
  return typed.length > 2 && (local.includes(typed) || label.includes(typed)) ? 1 + kind : 0;
}

export function completions(get: () => Promise<Terms>, words: Told["words"]): CompletionSource {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const inside = syntaxTree(context.state).resolveInner(context.pos, -1).name;
    if (/comment|string|iriref/i.test(inside)) return null;
    const variable = context.matchBefore(/[?$]\w*/);
    if (variable) {
      const others = context.state.doc.toString().matchAll(/[?$]\w+/g);
      const named = new Set([...others].map(([name]) => name).filter((name) => name !== variable.text));
      const options = [...named].map((label) => ({ label, type: "variable" }));
      return { from: variable.from, options, validFor: /^[?$]\w*$/ };
    }
    const before = context.matchBefore(/[\p{L}\p{M}\w-]*:?[\p{L}\p{M}\w.-]*/u);
    const typed = before?.text ?? "";
    if (!before || (!typed && !context.explicit)) return null;
    const told = await get();
    if (context.aborted) return null;
    const lower = typed.toLowerCase();
    const found = told.all
      .map((term) => ({ term, score: fit(term, lower) }))
      .filter(({ score }) => score > 0 || !typed)
      .sort((a, b) => b.score - a.score)
      .slice(0, MOST)
      .map(({ term }): Completion => {
        return {
          label: term.short,
          detail: term.label,
          type: term.kind,
          info: () => explained(term, words),
          apply: inserted(term, told),
        };
      });
    const syntax = lower.includes(":")
      ? []
      : WORDS.filter(({ label }) => typed && label.toLowerCase().startsWith(lower));
    const options = [...syntax, ...found];
    return options.length ? { from: before.from, options, filter: false } : null;
  };
}
