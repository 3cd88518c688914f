/** How the editor looks: the page's own colours, which follow its light and dark. */
import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--united-kingdom)" },
  { tag: [tags.variableName, tags.special(tags.variableName)], color: "var(--link)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--russia)" },
  { tag: [tags.url, tags.namespace], color: "var(--china)" },
  { tag: [tags.number, tags.integer, tags.float, tags.bool], color: "var(--germany)" },
  { tag: tags.annotation, color: "var(--russia)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
  { tag: [tags.operator, tags.punctuation, tags.bracket], color: "var(--ink)" },
  { tag: tags.invalid, color: "var(--accent)" },
]);

const tooltip = {
  border: "1px solid var(--line)",
  borderRadius: "4px",
  backgroundColor: "var(--raised)",
  color: "var(--ink)",
};

export const theme = EditorView.theme({
  "&": {
    border: "1px solid color-mix(in srgb, var(--quiet) 55%, var(--line))",
    borderRadius: "4px",
    backgroundColor: "var(--raised)",
    color: "var(--ink)",
    font: ".9375rem/1.45 var(--mono)",
  },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
  ".cm-scroller": {
    fontFamily: "var(--mono)",
    lineHeight: "1.45",
    minHeight: "13rem",
    maxHeight: "min(52vh, 28rem)",
    overflow: "auto",
  },
  ".cm-content": { padding: "8px 0", caretColor: "var(--ink)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": {
    borderRight: "1px solid var(--line)",
    backgroundColor: "var(--paper)",
    color: "var(--quiet)",
  },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--link) 8%, transparent)" },
  ".cm-activeLineGutter": {
    backgroundColor: "color-mix(in srgb, var(--link) 8%, var(--paper))",
    color: "var(--ink)",
  },
  "& .cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 24%, transparent)",
  },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "color-mix(in srgb, var(--link) 20%, transparent)",
  },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "transparent", color: "var(--accent)" },
  // Both are pictures in the address of a style otherwise, which the page does not allow.
  ".cm-lintRange, .cm-lintRange-error, .cm-lintRange-active": {
    backgroundImage: "none",
    backgroundColor: "color-mix(in srgb, var(--accent) 14%, transparent)",
    textDecoration: "underline wavy var(--accent)",
    textDecorationSkipInk: "none",
  },
  ".cm-lint-marker": { width: "1em", height: "1em" },
  ".cm-lint-marker-error": { content: "normal", position: "relative" },
  ".cm-gutter-lint .cm-gutterElement": { color: "var(--accent)" },
  ".cm-lint-marker-error::after": { content: '"●"', fontSize: ".8em" },
  ".cm-tooltip": { ...tooltip, zIndex: "20", font: ".875rem/1.45 var(--sans)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--mono)",
    fontSize: ".875rem",
    maxHeight: "16rem",
    minWidth: "min(18rem, 80vw)",
    maxWidth: "min(32rem, 90vw)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px", lineHeight: "1.5" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--link)",
    color: "var(--paper)",
  },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
  ".cm-completionDetail": {
    marginLeft: "1em",
    fontStyle: "normal",
    fontFamily: "var(--sans)",
    opacity: ".85",
  },
  ".cm-completionInfo": { ...tooltip, width: "min(20rem, 80vw)", maxWidth: "min(20rem, 80vw)" },
  ".cm-tooltip .explained": { maxWidth: "26rem", padding: "6px 10px" },
  ".cm-tooltip.cm-completionInfo .explained": { padding: "0" },
  ".explained b": { font: "600 1rem/1.3 var(--serif)" },
  ".explained small": { color: "var(--quiet)", fontSize: ".8125rem" },
  ".explained p": { margin: "4px 0 0" },
  ".cm-diagnostic": { borderLeft: "4px solid var(--accent)", padding: "4px 10px", whiteSpace: "pre-wrap" },
  ".cm-panels": { backgroundColor: "var(--paper)", color: "var(--ink)" },
  ".cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-panel.cm-panel-lint ul [aria-selected]": {
    backgroundColor: "color-mix(in srgb, var(--accent) 14%, transparent)",
  },
});
