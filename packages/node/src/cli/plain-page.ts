import { createHash } from 'node:crypto';

export const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

const STYLE = `:root{color-scheme:light dark;--ink:#1a1c1f;--paper:#fff;--soft:#5a6068;--line:#c9ced6;--good:#0a6b2d;--bad:#a3161a;--even:#7a4a00}
@media(prefers-color-scheme:dark){:root{--ink:#eceff3;--paper:#15171a;--soft:#a9b1bc;--line:#3d434c;--good:#6fd08c;--bad:#ff9a94;--even:#f0bd6a}}
body{margin:0 auto;max-width:60rem;padding:1.5rem;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid var(--line)}
ul{list-style:none;padding:0}li{margin:.8rem 0;overflow-wrap:anywhere}p{margin:.2rem 0}.soft{color:var(--soft)}
.passed{color:var(--good)}.failed{color:var(--bad)}.waived{color:var(--even)}
.big{font-size:1.25rem;font-weight:600}
.wide{overflow-x:auto}table{border-collapse:collapse}th,td{padding:.3rem .8rem .3rem 0;text-align:right;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left}svg{max-width:100%;height:auto}
.bar{stroke:var(--soft);stroke-width:2}.dot{fill:var(--ink)}.zero{stroke:var(--line)}svg text{fill:var(--soft);font-size:12px}`;

/** A page of its own: it loads nothing and runs nothing, and its style is let in by its hash. @param body markup, in which every text is escaped */
export function plainPage(title: string, body: string): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escaped(title)}</h1>
${body}</main></body></html>
`;
}
