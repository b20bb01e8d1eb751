import { createHash } from 'node:crypto';
import type { ReadinessItem, ReadinessReport } from '@understudy/core/readiness';

const escaped = (text: string): string =>
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
.verdict{font-size:1.25rem;font-weight:600}`;

export const VERDICTS = {
  go: 'Go: all five dimensions are ready.',
  'go-in-parallel': 'Go, with the fifth dimension in parallel: four of five are ready.',
  'no-go': 'No go: fewer than four of five dimensions are ready.',
} as const;

const DIMENSION_NAMES = {
  data: 'Data',
  integration: 'Integration',
  governance: 'Governance',
  change: 'Change readiness',
  monitoring: 'Monitoring',
} as const;

/** A page of its own, without scripts: its style is let in by its hash. */
export function readinessPage({ model, at, verdict, dimensions, checks }: ReadinessReport): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const sections = dimensions.map(({ dimension, passed, waived, total, isReady }) => {
    const items = checks.filter((item) => item.dimension === dimension).map(itemOf);
    const waivers = waived === 0 ? '' : `, ${waived} waived`;
    return `<section><h2>${DIMENSION_NAMES[dimension]}: <span class="${isReady ? 'passed' : 'failed'}">${isReady ? 'ready' : 'not ready'}</span></h2>
<p class="soft">${passed} of ${total} checks passed${waivers}.</p><ul>${items.join('\n')}</ul></section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<title>Readiness of ${escaped(model)}</title><style>${STYLE}</style></head>
<body><main><h1>Readiness of ${escaped(model)}</h1>
<p class="verdict ${verdict === 'no-go' ? 'failed' : 'passed'}">${VERDICTS[verdict]}</p>
<p class="soft">As of <time>${new Date(at).toISOString()}</time>.</p>
${sections.join('\n')}</main></body></html>
`;
}

function itemOf({ title, result, evidence, remedy, isRequired }: ReadinessItem): string {
  const optional = isRequired ? '' : ' <span class="soft">(not required)</span>';
  const what = remedy === undefined ? '' : `<p>What to do: ${escaped(remedy)}</p>`;
  return `<li><p><strong class="${result}">${result}</strong> ${escaped(title)}${optional}</p><p class="soft">${escaped(evidence)}</p>${what}</li>`;
}
