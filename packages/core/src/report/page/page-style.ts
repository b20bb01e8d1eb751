import { Html } from './html.ts';

/*
 * One column of at most 62rem. Below 50rem a row of a table becomes a block. On paper it is always light, and only the tables that
 * are open are printed. Colours have a contrast of at least 4.5 : 1 with what is behind them (WCAG 2.2, 1.4.3).
 */
const LIGHT = `color-scheme:light;--bg:#fff;--card:#f6f8fa;--text:#1b1f24;--soft:#57606a;--line:#d0d7de;--value:#0b5cad;--ok:#1a7f37;--warn:#8a5a00;--breach:#c01f2b;--insufficient:#626b75;--cache:#5b4bb0;--rules:#8a5a00;--always:#9a3a78`;
const DARK = `color-scheme:dark;--bg:#0f1419;--card:#182029;--text:#e6edf3;--soft:#a3afbb;--line:#36414d;--value:#6cb6ff;--ok:#57c26b;--warn:#e0a526;--breach:#ff7b72;--insufficient:#9aa6b2;--cache:#b3a5ff;--rules:#e0a526;--always:#f08cc8`;

const RULES = `
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;overflow-wrap:break-word}
main,header,footer{max-width:62rem;margin:0 auto;padding:0 1rem}
header{padding-top:1.5rem}footer{padding-bottom:2rem}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.4rem;margin:2.5rem 0 0;padding-top:1rem;border-top:3px solid var(--text)}
h3{font-size:1.15rem;margin:2rem 0 .5rem;padding-bottom:.2rem;border-bottom:1px solid var(--line)}
h4{font-size:1rem;margin:0}
p{margin:.4rem 0}
a{color:var(--value)}
.note,.legend,.cut,small,figcaption+.legend,footer{color:var(--soft);font-size:.85rem}
.lead{font-size:1.05rem}
.alarm{border-left:4px solid var(--warn);padding-left:.75rem}
.chip{display:inline-block;border:1px solid currentColor;border-radius:999px;padding:0 .55em;font-size:.8rem;font-weight:600;line-height:1.5;white-space:nowrap}
.chip.ok{color:var(--ok)}.chip.warn{color:var(--warn)}.chip.breach{color:var(--breach)}.chip.insufficient{color:var(--insufficient)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.6rem;margin:1rem 0}
.cards div{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.6rem .75rem}
.cards dt{color:var(--soft);font-size:.85rem}
.cards dd{margin:0;font-size:1.3rem;font-weight:600;line-height:1.25;font-variant-numeric:tabular-nums}
.cards small{display:block;font-weight:400}
.worst{list-style:none;padding:0;margin:0 0 1rem}.worst li{margin:.3rem 0}
article{border:1px solid var(--line);border-radius:6px;padding:.75rem 1rem;margin:.75rem 0}
figure{margin:1rem 0}
figcaption{font-weight:600;margin-bottom:.3rem}
figure>svg{display:block;overflow:visible}
.narrow{max-width:28rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr));gap:0 1.5rem}
.pair figure{min-width:0}.pair tbody th{overflow-wrap:anywhere}
details{margin:.3rem 0}
summary{cursor:pointer;color:var(--value);font-size:.85rem}
table{width:100%;border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;margin:.5rem 0}
caption{text-align:left;font-weight:600;padding:.2rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}
thead th,td{overflow-wrap:normal}td{white-space:nowrap}td.w{white-space:normal;overflow-wrap:anywhere;min-width:9em}
thead th{color:var(--soft);font-weight:600}
tbody th{font-weight:600}
time{white-space:nowrap}
svg text{fill:var(--soft);font-size:12px;paint-order:stroke;stroke:var(--bg);stroke-width:3px;stroke-linejoin:round}
svg text.strong{fill:var(--text);font-weight:600}
.grid{stroke:var(--line);stroke-width:1}
svg path{vector-effect:non-scaling-stroke}
.line{fill:none;stroke:var(--value);stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.dashed{stroke-dasharray:7 4}.dotted{stroke-dasharray:1 4}
.band{fill:var(--value);opacity:.18}
.pause{fill:var(--text);opacity:.09}.onset{stroke:var(--breach);stroke-width:1;opacity:.8}
.limit{fill:none;stroke:var(--text);stroke-width:1.5;stroke-dasharray:6 4}
.m{stroke:var(--bg);stroke-width:1}
.m.ok,.bar.ok{fill:var(--value)}.m.warn,.bar.warn{fill:var(--warn)}.m.breach,.bar.breach{fill:var(--breach)}.m.insufficient,.bar.insufficient{fill:var(--insufficient)}
.track,rect.bar{height:12px}.track{fill:var(--card);stroke:var(--line);stroke-width:1}
.whisker{stroke:var(--text);stroke-width:2}
.mark{stroke:var(--text);stroke-width:3}
.reference{fill:var(--card);stroke:var(--soft);stroke-width:1}.live{fill:var(--value)}
.dot{fill:var(--value);fill-opacity:.75;stroke:var(--bg)}
.col.all{fill:var(--soft)}.col.model{fill:var(--value)}.col.cache{fill:var(--cache)}.col.rules{fill:var(--rules)}.col.always{fill:var(--always)}.col.failed{fill:var(--breach)}.col.dismissed{fill:var(--insufficient)}
@media screen and (max-width:50rem){
main,header,footer{padding-left:.75rem;padding-right:.75rem}
article{padding:.6rem .7rem}
table,tbody,tr,td,tbody th{display:block}
caption{display:block}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tr{border-bottom:1px solid var(--line);padding:.4rem 0}
td,tbody th{border:0;padding:.05rem 0}
td{display:grid;grid-template-columns:7.5rem 1fr;gap:.5rem;justify-items:start}
td::before{color:var(--soft);white-space:normal}
}
@media print{
body{font-size:10pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main,header,footer{max-width:none;padding-left:0;padding-right:0}
details:not([open]){display:none}
.cards{grid-template-columns:repeat(5,1fr)}
figure,tr,li,.cards div{break-inside:avoid}
h2,h3,h4,figcaption{break-after:avoid}
thead{display:table-header-group}
@page{margin:14mm}
}`;

/** No part of it comes from outside. */
export const PAGE_STYLE = new Html(`:root{${LIGHT}}@media screen and (prefers-color-scheme:dark){:root{${DARK}}}${RULES}`);
