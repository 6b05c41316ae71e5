import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** theme gives editors the colors of the page, light and dark, by its variables. */
export const theme = [
  EditorView.theme({
    "&": { fontSize: "12.5px", backgroundColor: "var(--panel)", border: "1px solid transparent", borderRadius: "4px", color: "var(--text)" },
    "&:hover": { borderColor: "var(--line)" },
    "&.cm-focused": { outline: "none", borderColor: "var(--accent)", backgroundColor: "var(--field)" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", maxHeight: "70vh" },
    ".cm-content": { padding: "5px 0", caretColor: "var(--text)" },
    ".cm-line": { padding: "0 8px" },
    ".cm-cursor": { borderLeftColor: "var(--text)" },
    ".cm-gutters": { backgroundColor: "transparent", color: "var(--muted)", border: "none" },
    "&.one-line .cm-gutters": { display: "none" },
    ".cm-lineNumbers .cm-gutterElement": { padding: "0 2px 0 8px", minWidth: "24px", fontSize: "11px", lineHeight: "inherit" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--selection)" },
    ".cm-marker-line": { color: "var(--muted)" },
    ".cm-problem-line": { backgroundColor: "var(--problem-soft)", boxShadow: "inset 2px 0 var(--problem)" },
    ".cm-matchingBracket": { backgroundColor: "var(--hover) !important", outline: "1px solid var(--line)" },
    ".cm-tooltip": { backgroundColor: "var(--ground)", border: "1px solid var(--strong-line)", borderRadius: "4px", color: "var(--text)" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "12px", maxHeight: "16em" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "2px 8px", display: "flex", justifyContent: "space-between", gap: "16px" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent-soft)", color: "var(--text)" },
    ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
    ".cm-completionDetail": { color: "var(--muted)", fontStyle: "normal", fontSize: "11px" },
  }),
  syntaxHighlighting(HighlightStyle.define([
    { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--code-keyword)" },
    { tag: [tags.string, tags.special(tags.string), tags.character], color: "var(--code-string)" },
    { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
    { tag: [tags.comment, tags.lineComment, tags.blockComment], color: "var(--muted)", fontStyle: "italic" },
    { tag: [tags.typeName, tags.standard(tags.name)], color: "var(--code-type)" },
  ])),
];
