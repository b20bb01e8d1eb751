import { type Bar, barChart, barChartHeight } from '../charts/bar-chart.ts';
import { chartFigure } from '../charts/chart-figure.ts';
import { lineFigure } from '../charts/line-figure.ts';
import type { TimeSpan } from '../charts/time-span.ts';
import { count, eValue, figure, NONE, percent } from '../figures.ts';
import { html, type Html, NOTHING } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';
import { table } from '../page/table.ts';
import type { ReportGate, ReportRollout, SeriesPoint } from '../report-data.ts';

/** Stages, transitions and gates of the rollout. */
export function rolloutSection(rollout: ReportRollout | null, at: number | null, span: TimeSpan, page: PageFormat): Html {
  if (rollout === null) return NOTHING;
  const { id, phase, blocked, held, units, gates, transitions } = rollout;
  const notes = [
    html`<p><b>${page.clip(id, 160)}</b> is at <b>${page.clip(phase, 60)}</b>.</p>`,
    blocked === null ? NOTHING : html`<p>It waits for ${page.clip(blocked.cause, 80)}: ${page.clip(blocked.reason, 400)}</p>`,
    held === null ? NOTHING : html`<p>An operator holds it: ${page.clip(held, 400)}</p>`,
    units === null
      ? NOTHING
      : html`<p class="note">
          Units of this stage: ${count(units.champion)} on the champion, ${count(units.challenger)} on the challenger;
          ${count(units.pairs)} shadow pairs.
        </p>`,
  ];
  const shown = transitions.items.slice(-page.rows(60));
  const rows = shown.map(({ at, from, to, by, reason, share }) => [
    page.timeCell(at),
    `${page.clip(from, 60) || NONE} → ${page.clip(to, 60)}`,
    percent(share),
    page.clip(by, 80),
    page.clip(reason, 300),
  ]);
  const omitted = transitions.omitted + transitions.items.length - shown.length;
  return html`<section>
    <h3>Rollout</h3>
    ${notes}${shares(rollout, at, span, page)}${
      rows.length === 0 ? NOTHING : table('Transitions', ['at', 'stage', 'share', 'by', 'why'], rows, page, omitted)
    }${gates.items.length === 0 ? NOTHING : gateCharts(gates.items, gates.omitted, page)}
  </section> `;
}

/** Transitions that tell their share, and where it stands now. */
function shares({ transitions, share }: ReportRollout, at: number | null, span: TimeSpan, page: PageFormat): Html {
  const known = transitions.items.flatMap(({ at, share }) => (share === null ? [] : [{ at, share }]));
  if (known.length < 2) return NOTHING;
  const steps = at === null || share === null || at < (known.at(-1)?.at ?? 0) ? known : [...known, { at, share }];
  const points: SeriesPoint[] = steps.map((step) => ({
    at: step.at,
    value: step.share,
    n: 0,
    interval: null,
    limit: null,
    status: 'ok',
  }));
  return lineFigure(
    {
      title: 'Share of traffic on the challenger',
      lines: [{ name: '', points }],
      legend: 'It changes with each stage.',
      range: [0, Math.max(0.1, ...steps.map((step) => step.share))],
      steps: true,
      format: percent,
    },
    span,
    page,
  );
}

function gateCharts(gates: readonly ReportGate[], omitted: number, page: PageFormat): Html {
  const shown = gates.slice(0, page.rows(40));
  const bars = shown.flatMap(({ gate, logProof, logProofLimit, logHarm, logHarmLimit }) => [
    ...evidence(page.clip(gate, 14), 'proof', 'ok', logProof, logProofLimit),
    ...evidence(page.clip(gate, 14), 'harm', 'breach', logHarm, logHarmLimit),
  ]);
  const rows = shown.map((gate) => [
    `${page.clip(gate.gate, 80)}${gate.required ? '' : ' (not required)'}`,
    page.clip(gate.verdict, 40),
    `${eValue(gate.logProof)} of ${eValue(gate.logProofLimit)}`,
    `${eValue(gate.logHarm)} of ${eValue(gate.logHarmLimit)}`,
    `${figure(gate.estimate)} (at worst ${figure(gate.bound)})`,
    `${count(gate.champion)} / ${count(gate.challenger)}`,
    gate.needed === null ? NONE : count(gate.needed),
    page.clip(gate.reason, 240),
  ]);
  const heads = [
    'gate',
    'verdict',
    'e-value of proof',
    'e-value of harm',
    'estimate',
    'champion / challenger',
    'units still needed',
    'in words',
  ];
  const gateTable = table('Gates', heads, rows, page, omitted + gates.length - shown.length);
  if (bars.length === 0) return gateTable;
  return chartFigure(
    {
      title: 'Evidence of the gates',
      description: bars.map(({ label, says }) => `${label}: ${says}.`).join(' '),
      height: barChartHeight(bars),
      drawing: barChart(bars, 1),
      legend:
        'How far the e-value has come to what it must reach (the upright mark), on a logarithmic scale. Proof: the challenger is not worse by the margin. Harm: it is worse, and is rolled back.',
      table: gateTable,
    },
    page,
  );
}

function evidence(gate: string, what: string, reached: 'ok' | 'breach', log: number | null, limit: number | null): Bar[] {
  if (log === null || limit === null || limit <= 0) return [];
  // An e-value below 1 is evidence for the other side: none for this one.
  const value = Math.min(1.25, Math.max(0, log / limit));
  const status = value >= 1 ? reached : 'insufficient';
  return [{ label: `${gate}: ${what}`, value, interval: null, limit: 1, status, says: `e ${eValue(log)} of ${eValue(limit)}` }];
}
