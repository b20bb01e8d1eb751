/**
 * The look of the panel. Colours are those of the dashboard: each has a contrast of at least 4.5 : 1 with what is behind it (WCAG 2.2, 1.4.3),
 * and states differ by shape and word too.
 */
export const CSS = `
/* Without a box of its own nothing that a page says of all elements, such as an opacity, reaches the panel. */
:host { display: contents !important; color-scheme: light dark; }
:host([hidden]) { display: none !important; }
@media print { :host { display: none !important; } }
.root {
  all: initial;
  color-scheme: inherit;
  --bg: light-dark(#ffffff, #10161d);
  --raised: light-dark(#f4f6f8, #19212a);
  --text: light-dark(#1b1f24, #e6edf3);
  --soft: light-dark(#57606a, #a3afbb);
  --line: light-dark(#dfe4e9, #2b3642);
  --strong: light-dark(#8c959f, #66727f);
  --accent: light-dark(#0b5cad, #6cb6ff);
  --on-accent: light-dark(#ffffff, #0a1420);
  --accent-tint: light-dark(#e8f1fb, #142536);
  --ok: light-dark(#1a7f37, #57c26b);
  --warn: light-dark(#8a5a00, #e0a526);
  --breach: light-dark(#c01f2b, #ff7b72);
  --cache: light-dark(#6b5bc4, #a99aff);
  --rules: light-dark(#a86a00, #e0a526);
  --always: light-dark(#b0478c, #f08cc8);
  color: var(--text);
  font: 13px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif;
  font-variant-numeric: tabular-nums;
}
.root *, .root *::before, .root *::after { box-sizing: border-box; }
.root button, .root select, .root input { font: inherit; color: inherit; letter-spacing: inherit; }
h2, h3, p, dl, dd, ol, ul, pre { margin: 0; padding: 0; }
h2 { font-size: 13px; font-weight: 650; } h2 > .name + .mark { margin-left: 10px; font-weight: 500; }
h3 { margin-top: 12px; font-size: 12px; font-weight: 600; color: var(--soft); }
svg { display: block; width: 16px; height: 16px; }
.soft { color: var(--soft); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }

.toggle {
  position: fixed; bottom: 14px; z-index: 2147483647;
  display: inline-flex; gap: 7px; align-items: center; height: 32px; padding: 0 12px 0 9px;
  color: var(--text); background: var(--bg); border: 1px solid var(--line); border-radius: 999px;
  box-shadow: 0 2px 10px rgb(0 0 0 / 18%); font-weight: 550 !important; cursor: pointer;
}
.toggle.right { right: 14px; } .toggle.left { left: 14px; }
.toggle:hover { background: var(--raised); }
.logo rect { fill: var(--accent); }
.logo path { fill: none; stroke: var(--on-accent); stroke-width: 1.8; stroke-linecap: round; }

.panel {
  position: fixed; right: 0; bottom: 0; left: 0; z-index: 2147483647;
  display: flex; flex-direction: column; height: var(--height); max-height: calc(100vh - 24px);
  container-type: inline-size; contain: layout paint style; overflow: clip;
  background: var(--bg); border-top: 1px solid var(--line); box-shadow: 0 -6px 24px rgb(0 0 0 / 14%);
}
.handle { position: absolute; top: 0; right: 0; left: 0; z-index: 3; height: 6px; cursor: ns-resize; touch-action: none; }
.handle::after { content: ''; position: absolute; top: 2px; left: 50%; width: 44px; height: 3px; margin-left: -22px; border-radius: 3px; background: var(--line); }
.handle:hover::after, .handle:focus-visible::after { background: var(--accent); }
.handle:focus-visible { outline-offset: -2px; }
.bar-top { display: flex; flex: none; gap: 14px; align-items: stretch; height: 41px; padding: 5px 8px 0 14px; background: var(--raised); border-bottom: 1px solid var(--line); }
.brand { display: flex; flex: none; gap: 8px; align-items: center; font-weight: 650; max-width: 30%; }
.words { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tabs { display: flex; flex: 1; min-width: 0; overflow: auto clip; scrollbar-width: none; }
.tabs button {
  flex: none; padding: 0 11px; color: var(--soft); background: none; border: 0; border-bottom: 2px solid transparent; cursor: pointer;
}
.tabs button:hover, .close:hover { color: var(--text) !important; }
.tabs button[aria-selected='true'] { color: var(--text); font-weight: 600; border-bottom-color: var(--accent); }
.tabs button:focus-visible { outline-offset: -3px; }
.badge { margin-left: 6px; padding: 1px 6px; font-size: 11px; font-weight: 600; color: var(--bg); background: var(--warn); border-radius: 999px; }
.close { flex: none; align-self: center; display: grid; place-items: center; width: 28px; height: 28px; padding: 0; color: var(--soft) !important; background: none; border: 0; border-radius: 6px; cursor: pointer; }

.close path { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; }

.content, .list, .details { flex: 1; min-width: 0; min-height: 0; padding: 10px 14px 14px; overflow: auto; overscroll-behavior: contain; scrollbar-width: thin; outline-offset: -2px !important; }
.content > h2 { margin-top: 14px; } .content > h2:first-child { margin-top: 0; }
.content > p { margin: 8px 0; max-width: 100ch; }
.decisions { display: flex; flex-direction: column; padding: 0; overflow: hidden; }
.said { position: absolute; right: 14px; bottom: 12px; z-index: 4; max-width: calc(100% - 28px); pointer-events: none; }
.said > span { padding: 6px 12px; background: var(--bg); border: 1px solid var(--strong); border-radius: 8px; box-shadow: 0 4px 16px rgb(0 0 0 / 18%); }

.table { width: 100%; border-collapse: collapse; }
.table th, .table td { padding: 5px 14px 5px 0; text-align: left; vertical-align: baseline; font-weight: inherit; overflow-wrap: anywhere; min-width: 62px; }
.table th:first-child, .table td:first-child { padding-left: 6px; }
.table th:last-child, .table td:last-child { padding-right: 6px; }
.table thead th { position: sticky; top: -10px; z-index: 1; padding-top: 4px; padding-bottom: 4px; font-size: 12px; font-weight: 500; color: var(--soft); white-space: nowrap; background: var(--bg); box-shadow: inset 0 -1px var(--line); }
.card .table thead th { position: static; background: none; }
.table tbody tr + tr > * { border-top: 1px solid var(--line); }
.table tbody th { font-weight: 600; }
.table tbody tr:hover > * { background: var(--raised); }
.table tbody tr.chosen > * { background: var(--accent-tint); }
.table .number { text-align: right; white-space: nowrap; }
.table .why { width: 34%; color: var(--soft); }
.table .time { white-space: nowrap; width: 112px; } .table th.time { font-weight: 500; }
.name { display: inline-block; max-width: 28ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; }
.mark { display: inline-flex; gap: 6px; align-items: baseline; }
.mark > i { flex: none; width: 8px; height: 8px; background: var(--soft); }
.mark.ok > i { background: var(--ok); border-radius: 50%; }
.mark.info > i { background: none; border: 2px solid var(--soft); border-radius: 50%; }
.mark.warn > i { background: var(--warn); clip-path: polygon(50% 0, 100% 100%, 0 100%); }
.mark.breach > i { background: var(--breach); }
.marks { display: flex; flex-direction: column; gap: 2px; }
.tiers { min-width: 120px; max-width: 230px; font-size: 12px; }
.bar { display: flex; gap: 1px; height: 6px; margin: 4px 0 2px; overflow: hidden; background: var(--line); border-radius: 999px; }
.bar > span { flex: var(--part) 0 0; background: var(--soft); }
.bar > .tier-model { background: var(--accent); } .bar > .tier-cache { background: var(--cache); }
.bar > .tier-rules { background: var(--rules); } .bar > .tier-always { background: var(--always); } .bar > .tier-none { background: var(--breach); }
.meter { display: flex; gap: 8px; align-items: center; min-width: 96px; }
.meter .bar { flex: 1; margin: 0; } .meter .bar > span { flex: none; width: var(--width); background: var(--ok); }
.meter.harm .bar > span { background: var(--breach); }
.meter .number { min-width: 5ch; }

.content button:not(.link), .content select, .said button {
  min-height: 26px; padding: 1px 10px; background: var(--bg); border: 1px solid var(--strong); border-radius: 6px; white-space: nowrap;
}
.content button:not(.link), .content select { cursor: pointer; }
.content button:not(.link, .primary, :disabled):hover { background: var(--raised); }
.content button.on { color: var(--accent); background: var(--accent-tint); border-color: var(--accent); }
.content button.primary { color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
.content button:disabled { color: var(--soft); background: var(--raised); border-color: var(--line); cursor: default; }
.content button.link { padding: 0; color: var(--accent); background: none; border: 0; cursor: pointer; text-align: left; font-weight: inherit; }
.content button.link:hover { text-decoration: underline; text-underline-offset: 3px; }
.buttons { display: flex; flex-wrap: wrap; gap: 5px; }
.toolbar { display: flex; flex: none; flex-wrap: wrap; gap: 6px 14px; align-items: center; }
.decisions > .toolbar { padding: 8px 14px; border-bottom: 1px solid var(--line); }
.choice { display: inline-flex; gap: 6px; align-items: center; color: var(--soft); }
.choice select { max-width: 22ch; color: var(--text); }
.choice input { width: 15px; height: 15px; margin: 0; accent-color: var(--accent); }
.held { margin-left: auto; min-width: 12ch; text-align: right; white-space: nowrap; }
.split { display: flex; flex: 1; min-height: 0; }
.list { padding-top: 0; contain: strict; }
.list .table { table-layout: fixed; }
.list .table thead th { top: 0; }
.list .table th, .list .table td { min-width: 0; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
.list .table .why { width: 38%; } .list .table .number { width: 84px; } .list .table .short { width: 15%; min-width: 90px; }
.list .table tbody tr { cursor: pointer; }
.list .older { margin: 10px 0 0 6px; }
.both .list { flex: 1.1; } .both .list .wide { display: none; }
.details { border-left: 1px solid var(--line); }
.details .head { display: flex; gap: 10px; align-items: center; justify-content: space-between; }
.details .reason { margin-top: 6px; overflow-wrap: anywhere; }
.details ul { padding-left: 18px; }
.attempts { display: grid; gap: 5px; margin-top: 5px; list-style: none; }
.attempts li { display: grid; grid-template-columns: minmax(90px, 1.2fr) minmax(60px, 1.6fr) 62px minmax(90px, 2fr); gap: 10px; align-items: baseline; }
.attempts .name { max-width: 14ch; }
.attempts .number { text-align: right; }
.attempts .ended { overflow-wrap: anywhere; color: var(--soft); }
.track { position: relative; align-self: start; margin-top: 6px; height: 7px; background: var(--line); border-radius: 3px; overflow: hidden; }
.track > span { position: absolute; top: 0; bottom: 0; left: var(--from); width: max(2px, var(--part)); border-radius: 3px; }
.track .good { background: var(--ok); } .track .bad { background: var(--breach); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 190px), 1fr)); gap: 8px 18px; margin-top: 6px; }
.facts dt { font-size: 12px; color: var(--soft); }
.facts dd { overflow-wrap: anywhere; }
pre { margin-top: 5px; max-height: 240px; padding: 8px 10px; overflow: auto; font: 12px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; }
.card { margin-top: 12px; padding: 10px 14px 12px; background: var(--raised); border: 1px solid var(--line); border-radius: 8px; }
.card:first-child { margin-top: 0; }
.card .table { margin-top: 6px; } .card .table tbody tr:hover > * { background: none; }
.empty { display: grid; gap: 4px; place-content: center; justify-items: center; min-height: 130px; padding: 16px; color: var(--soft); text-align: center; }
.empty .title { color: var(--text); font-weight: 600; }

@container (width < 900px) {
  .wide { display: none; }
  .list .table .short { width: 22%; }
}
@container (width < 620px) {
  .words { display: none; }
  .bar-top { gap: 6px; padding-left: 10px; }
  .tabs button { padding: 0 9px; }
  .held { margin-left: 0; text-align: left; }
  .split { position: relative; }
  .both .details { position: absolute; inset: 0; background: var(--bg); border: 0; }
  .attempts li { grid-template-columns: 1fr 62px; }
  .attempts :is(.track, .ended) { grid-column: 1 / -1; } .attempts .track { grid-row: 2; margin: 0; }
  .list .table .time { width: 108px; } .list .table .number { width: 74px; } .list .table .short { width: 21%; }
  .content:not(.decisions) .table {
    thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    tbody, th, td { display: block; width: auto; min-width: 0; text-align: left; }
    tbody tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(125px, 1fr)); gap: 6px 14px; padding: 9px 0; }
    tbody tr + tr { border-top: 1px solid var(--line); }
    tbody tr > * { padding: 0; border: 0; background: none; }
    tbody :is(th, .why, td:has(button)) { grid-column: 1 / -1; }
    td:not(:has(button))::before { content: attr(data-head); display: block; color: var(--soft); font-size: 12px; }
    .wide { display: none; }
    .name { max-width: 100%; }
  }
}
@media (forced-colors: active) {
  .mark > i, .bar > span, .track > span { forced-color-adjust: none; }
  .tabs button[aria-selected='true'], .content button.on { border-color: Highlight; }
}
`;
