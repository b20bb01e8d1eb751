import { readFileSync } from 'node:fs';
import { PATIENCE_MS } from './calls.ts';
import { comparisons } from './comparison.ts';
import { findings } from './findings.ts';
import { count, milliseconds, percent } from './numbers.ts';
import { latencyChart, TIMELINE_LEGEND, timelineChart } from './report-charts.ts';
import { ruleTable } from './rule-table.ts';
import type { Run } from './run-demo.ts';
import type { RunSummary } from './summary.ts';

/** The run as one page that needs nothing else: styles, charts and the numbers themselves are inside. */
export function reportOf({ recording, summary }: Run): string {
  const { all, recovery } = summary;
  const { bare, understudy } = all;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Understudy: the model server fails, every call is answered</title>
<style>${readFileSync(new URL('report.css', import.meta.url), 'utf8')}</style>
</head>
<body>
<main>
<h1>The model server fails. Every call is answered.</h1>
<p class="quiet">${count(understudy.calls)} biopsies in ${(recording.totalMs / 1000).toFixed(0)} s. Each was sent twice at the same moment to the same server: by a bare
fetch, and through Understudy. An answer is a probability within ${PATIENCE_MS / 1000} s.</p>

<dl class="numbers">
${[
  ['answered with Understudy', percent(understudy.answered, understudy.calls)],
  ['answered by the bare call', percent(bare.answered, bare.calls)],
  [`right with Understudy, of all calls; bare ${percent(bare.right, bare.calls)}`, percent(understudy.right, understudy.calls)],
  [
    'from the server’s return to the model’s first answer',
    recovery.modelMs === null ? '–' : `${milliseconds(recovery.modelMs)} ms`,
  ],
]
  .map(([term, value], index) => `<div${index === 0 ? ' class="first"' : ''}><dd>${value}</dd><dt>${term}</dt></div>`)
  .join('\n')}
</dl>

<h2>How the calls ended</h2>
<figure>
${legend(TIMELINE_LEGEND)}
${timelineChart(recording)}
<figcaption>The circuit is closed (green), open (red), or lets probes through (yellow).</figcaption>
</figure>

<h2>How long they took</h2>
<figure>
${legend([
  ['bare', 'bare call'],
  ['understudy', 'Understudy'],
])}
${latencyChart(summary.phases)}
<figcaption>Time until an answer or an error: half of the calls within the full dot, 99 % within the ring.</figcaption>
</figure>

<h2>The numbers</h2>
<div class="wide">${table(summary)}</div>
<ul>
${findings(summary)
  .map((finding) => `<li>${escape(finding)}</li>`)
  .join('\n')}
</ul>

<h2>Why a decision was not the model’s</h2>
<p class="quiet">Every decision says it in one sentence: <code>decision.reason</code>.</p>
<dl class="reasons">
${summary.phases
  .filter(({ reason }) => reason !== null)
  .map(({ phase, what, reason }) => `<dt>${phase}</dt><dd>${what}</dd><dd>${escape(reason ?? '')}</dd>`)
  .join('\n')}
</dl>

<h2>The rules that went on</h2>
<div class="wide"><table>
<thead><tr><th scope="col">row</th><th scope="col" class="left">if</th><th scope="col">malignant</th></tr></thead>
<tbody>
${ruleTable.rows.map(({ id, because = '', then }) => `<tr><th scope="row">${id}</th><td class="left">${escape(because)}</td><td>${typeof then === 'function' ? '' : then.malignant}</td></tr>`).join('\n')}
</tbody>
</table></div>

<details>
<summary>The circuit, change by change</summary>
<ul>
${summary.circuit.map(({ atMs, to, reason }) => `<li>${(atMs / 1000).toFixed(2)} s: ${to}, ${escape(reason)}</li>`).join('\n')}
</ul>
</details>

<footer>
<p>Breast Cancer Wisconsin (Diagnostic): W. Wolberg, O. Mangasarian, N. Street, W. Street, UCI Machine Learning Repository, 1993,
doi:10.24432/C5DW2B, CC BY 4.0; the copy of scikit-learn (BSD-3-Clause). A demonstration of software, no medical device.</p>
</footer>
</main>
<script type="application/json" id="summary">${JSON.stringify(summary).replaceAll('<', String.raw`\u003C`)}</script>
</body>
</html>
`;
}

function legend(entries: readonly (readonly [style: string, meaning: string])[]): string {
  return `<ul class="legend">${entries.map(([style, meaning]) => `<li><i class="${style}"></i>${meaning}</li>`).join('')}</ul>`;
}

function table(summary: RunSummary): string {
  const row = (head: string, caller: string, cells: readonly string[]): string =>
    `<tr>${head}<td class="left">${caller}</td>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  return `<table>
<caption>Right: malignant or benign, as the pathologist found. Times in milliseconds until an answer or an error.</caption>
<thead><tr><th scope="col">phase</th><th scope="col">calls</th><th scope="col" class="left">caller</th>
${['answered', 'right of all', 'right of answered', 'p50', 'p99', 'by the model', 'by the rules'].map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>
<tbody class="pairs">
${comparisons(summary)
  .map(({ part, calls, bare, understudy }) => {
    const head = `<th scope="row" rowspan="2">${part}</th><td rowspan="2">${calls}</td>`;
    return row(head, 'bare', bare) + row('', 'Understudy', understudy);
  })
  .join('\n')}
</tbody>
</table>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
