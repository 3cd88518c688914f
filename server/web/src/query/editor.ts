/**
 * The editor in place of the query's text area.
 *
 * It stands in a shadow tree: there CodeMirror hands its styles over as constructed style sheets, which a page
 * that allows no inline styles takes.
 */
import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  startCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import {
  bracketMatching,
  indentOnInput,
  indentUnit,
  LanguageSupport,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, linter, setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { SparqlLanguage } from "codemirror-lang-sparql";
import { el } from "../common/dom.ts";
import { completions, type Known, known, prefixesOf, type Terms, wordAt } from "./terms.ts";
import { colours, theme } from "./theme.ts";
import type { Told } from "./words.ts";

/** What the parser says of a text. */
export interface Fault {
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

export interface Doing {
  readonly changed: (text: string) => void;
  readonly run: () => void;
  readonly check: (text: string) => Promise<Fault | undefined>;
  readonly faults: (fault: Fault | undefined) => void;
  readonly terms: () => Promise<Terms>;
}

const PAUSE = 600;

export class Editor {
  readonly view: EditorView;
  readonly host: HTMLElement;

  constructor(area: HTMLTextAreaElement, told: Told, doing: Doing) {
    const { words } = told;
    this.host = el("div", { class: "editor" });
    const shadow = this.host.attachShadow({ mode: "open", delegatesFocus: true });
    const hint = el("p", { id: "keys", hidden: true }, words.keys);
    shadow.append(hint);
    area.before(this.host);
    area.hidden = true;
    const check = async (view: EditorView): Promise<readonly Diagnostic[]> => {
      const text = view.state.doc.toString();
      const fault = text.trim() ? await doing.check(text) : undefined;
      if (view.state.doc.toString() === text) doing.faults(fault);
      return fault ? [diagnostic(view.state, fault)] : [];
    };
    this.view = new EditorView({
      root: shadow,
      parent: shadow,
      state: EditorState.create({
        doc: area.value,
        extensions: [
          Prec.highest(
            keymap.of([
              {
                key: "Mod-Enter",
                run: () => {
                  doing.run();
                  return true;
                },
              },
            ]),
          ),
          lineNumbers(),
          highlightActiveLineGutter(),
          highlightSpecialChars(),
          history(),
          drawSelection(),
          indentOnInput(),
          indentUnit.of("  "),
          EditorState.tabSize.of(2),
          EditorView.lineWrapping,
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          new LanguageSupport(SparqlLanguage),
          syntaxHighlighting(colours),
          theme,
          autocompletion({
            override: [completions(doing.terms, words)],
            icons: false,
            aboveCursor: false,
            maxRenderedOptions: 60,
          }),
          hoverTooltip(async (view, at) => {
            const word = wordAt(view.state, at);
            const found =
              word && known(await doing.terms(), word.text, prefixesOf(view.state.doc.toString()));
            return word && found
              ? {
                  pos: word.from,
                  end: word.to,
                  above: true,
                  create: () => ({ dom: explained(found, words) }),
                }
              : null;
          }),
          linter(check, { delay: PAUSE }),
          lintGutter(),
          keymap.of([
            ...closeBracketsKeymap,
            ...completionKeymap,
            { key: "Alt-Enter", run: acceptCompletion },
            ...lintKeymap,
            ...historyKeymap,
            ...defaultKeymap,
          ]),
          EditorState.phrases.of(phrases(words)),
          EditorView.contentAttributes.of({
            "aria-label": words.query ?? "",
            "aria-describedby": hint.id,
            tabindex: "0",
            spellcheck: "false",
            autocapitalize: "off",
            translate: "no",
          }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) doing.changed(update.state.doc.toString());
          }),
        ],
      }),
    });
    area.form?.querySelector(`label[for="${area.id}"]`)?.addEventListener("click", (event) => {
      event.preventDefault();
      this.view.focus();
    });
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  /** Puts another text in the place of the whole, as one step that can be undone. */
  set text(text: string) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
  }

  /** Marks what the server found wrong, or takes the marks away. */
  mark(fault: Fault | undefined): void {
    const { state } = this.view;
    this.view.dispatch(setDiagnostics(state, fault?.line ? [diagnostic(state, fault)] : []));
  }

  /** Puts the cursor where the parser stopped. */
  goTo(fault: Fault): void {
    const { from } = diagnostic(this.view.state, fault);
    this.view.focus();
    this.view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
  }

  suggest(): void {
    startCompletion(this.view);
  }
}

/** The place of a fault in the text: the token there, or the character before it where the text ends. */
function diagnostic(state: EditorState, fault: Fault): Diagnostic {
  const line = state.doc.line(Math.min(Math.max(1, fault.line ?? 1), state.doc.lines));
  // The parser counts characters; JavaScript counts those beyond the first plane twice.
  const before = [...line.text].slice(0, (fault.column ?? 1) - 1).join("").length;
  let from = Math.min(line.from + before, line.to);
  const length = /^(?:[\w:?$-]+|.)/u.exec(state.sliceDoc(from, line.to))?.[0].length ?? 0;
  if (!length) from = Math.max(0, from - 1);
  return {
    from,
    to: Math.min(state.doc.length, from + Math.max(1, length)),
    severity: "error",
    message: fault.message,
  };
}

export function explained(found: Known, words: Told["words"]): HTMLElement {
  return el(
    "div",
    { class: "explained" },
    el("b", {}, found.label || found.short),
    el("small", {}, ` ${found.short} · ${words[`kind-${found.kind}`] ?? found.kind}`),
    found.definition && el("p", {}, found.definition),
  );
}

/** What CodeMirror itself says, in the reader's language. */
function phrases(words: Told["words"]): Record<string, string> {
  return {
    Completions: words.completions ?? "Completions",
    Diagnostics: words.faults ?? "Diagnostics",
    "No diagnostics": words.noFaults ?? "No diagnostics",
    "Control character": words.control ?? "Control character",
    "current match": "",
    close: words.close ?? "close",
  };
}
