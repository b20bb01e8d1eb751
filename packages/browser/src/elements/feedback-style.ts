/*
 * One rule a line, without spaces: it is sent as it is.
 *
 * In :host the order of the note: in the tree it comes before the buttons that are left when it thanks, and an error is shown below. Who sees a
 * button turn needs no words, so that the note of sending is for who hears it.
 *
 * Colours are those of the dashboard: each has a contrast of at least 4.5 : 1 with what is behind it (WCAG 2.2, 1.4.3), and 3 : 1 where it
 * draws. States differ by shape and word too.
 */
const CSS = `
:host{--_accent:var(--understudy-accent,light-dark(#0b5cad,#6cb6ff));--_on-accent:var(--understudy-on-accent,light-dark(#fff,#0a1420));--_surface:var(--understudy-surface,light-dark(#fff,#151c24));--_text:var(--understudy-text,light-dark(#1b1f24,#e6edf3));--_control:color-mix(in srgb,var(--_text) 50%,transparent);--_success:var(--understudy-success,light-dark(#1a7f37,#57c26b));--_danger:var(--understudy-danger,light-dark(#c01f2b,#ff7b72));--_radius:var(--understudy-radius,0.6em);--_hue:var(--_accent);display:block;max-width:50em;color:var(--_text);font:0.9375rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
:host(:not([decision])),:host([decision='']),:host([hidden]),[hidden]{display:none !important}
*,::before{box-sizing:border-box}
p,fieldset,legend{margin:0;padding:0;border:0;min-width:0}
.base,.panel,.ask,.actions,.choices,.field,.status{display:flex;flex-wrap:wrap;gap:0.55em}
.base{position:relative;align-items:center;padding:0.8em 1em;background:var(--_surface);border:1px solid color-mix(in srgb,var(--_text) 16%,transparent);border-radius:var(--_radius)}
.panel{flex:auto}
.ask{flex:1;align-items:center;justify-content:space-between;gap:0.6em 1.25em}
.question,.title,.label{font-weight:600}
.title{margin-block-end:0.75em}
form{flex:1 1 100%}
.field{flex-direction:column;gap:0.3em;margin-block-end:1em}
.field > legend{margin-block-end:0.3em}
.error{color:var(--_danger)}
button,.choice,.input{min-height:2.5em;color:inherit;font:inherit;background:var(--_surface);border:1px solid var(--_control);border-radius:var(--_radius)}
button,.choice{display:inline-flex;align-items:center;gap:0.5em;padding:0.25em 0.9em;font-weight:600;cursor:pointer}
button{justify-content:center}
.agree,[data-tone='ok']{--_hue:var(--_success)}
.disagree,[data-tone='error']{--_hue:var(--_danger)}
button:hover,.choice:hover{background:color-mix(in srgb,var(--_hue) 9%,var(--_surface));border-color:var(--_hue)}
.send{--_surface:var(--_accent);--_hue:var(--_text);color:var(--_on-accent);border-color:transparent}
.cancel{border-color:transparent}
[aria-disabled='true']:not([data-busy]){opacity:0.55}
.choice{font-weight:inherit}
.choice:has(:checked){background:color-mix(in srgb,var(--_accent) 12%,var(--_surface));border-color:var(--_accent)}
.choice input{flex:none;margin:0;accent-color:var(--_accent)}
.input{width:100%;padding:0.45em 0.7em}
input.input{max-width:12em}
textarea.input{min-height:4em;max-height:16em;field-sizing:content}
[aria-invalid='true'] .choice,.input[aria-invalid='true']{border-color:var(--_danger)}
:focus-visible,.choice:has(:focus-visible){outline:2px solid var(--_accent);outline-offset:2px}
.choice :focus-visible,.status:focus{outline:none}
svg{flex:none;width:1.15em;height:1.15em;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.agree svg,.disagree svg,.correct svg,.status svg{color:var(--_hue)}
.status{flex-wrap:nowrap;align-items:start}
.status svg{margin-block-start:0.17em}
.status[data-tone='error']{order:1;flex:1 1 100%}
.status:is([data-tone='ok'],[data-tone='note']){flex:1 1 14em}
.status:is([data-tone='ok'],[data-tone='note']) + .panel{flex-grow:0}
.status:is([data-tone='none'],[data-tone='busy']){position:absolute;clip-path:inset(50%)}
[data-busy] svg{display:none}
[data-busy]::before{content:'';flex:none;width:1.15em;height:1.15em;border:2px solid currentColor;border-block-start-color:transparent;border-radius:50%}
@media (prefers-reduced-motion:no-preference){[data-busy]::before{animation:turn 0.8s linear infinite}}
@keyframes turn{
to{rotate:1turn}
}
@media (max-width:30em){
.actions,.actions button{flex:auto}
}
@media (forced-colors:active){
:host{--_text:CanvasText;--_danger:CanvasText;--_on-accent:ButtonText}
.choice:has(:checked),.send{border:2px solid Highlight}
[aria-disabled='true']{color:GrayText;opacity:1}
[data-busy]::before{border-block-start-color:Canvas}
}
`;

const sheets = new WeakMap<Document, CSSStyleSheet>();

/** Gives `root` its style. A sheet serves the document in which it was made alone; all elements of a document share one. */
export function adoptStyle(root: ShadowRoot): void {
  const page = root.ownerDocument;
  const Sheet = page.defaultView?.CSSStyleSheet;
  // A document that nobody sees, the element is told when it gets to another; or what imitates a page, as tests do.
  if (Sheet === undefined || !('adoptedStyleSheets' in root)) return;
  const sheet = sheets.get(page) ?? new Sheet();
  if (!sheets.has(page)) sheet.replaceSync(CSS);
  sheets.set(page, sheet);
  root.adoptedStyleSheets = [sheet];
}
