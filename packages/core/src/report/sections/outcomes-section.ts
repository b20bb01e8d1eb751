import { type Bar, barChart, barChartHeight } from '../charts/bar-chart.ts';
import { chartFigure } from '../charts/chart-figure.ts';
import type { TimeSpan } from '../charts/time-span.ts';
import { count, percent, within } from '../figures.ts';
import { html, type Html, NOTHING } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';
import { table } from '../page/table.ts';
import type { ReportOutcomes } from '../report-data.ts';
import { trendCharts } from './trend-charts.ts';

/** How many decisions got their truth, by tier, and how late; what people and KPIs said of them. */
export function outcomesSection(outcomes: ReportOutcomes, span: TimeSpan, page: PageFormat): Html {
  const { byTier, delayMs, results, pending, forgotten, trends } = outcomes;
  const told = Object.values(results).reduce((sum, value) => sum + value, 0);
  if (told === 0 && byTier.every(({ known }) => known === 0))
    return html`<section>
      <h3>Outcomes</h3>
      <p>No outcome has been reported.</p>
    </section> `;
  const coverage = ({ decisions, known }: ReportOutcomes['byTier'][number]): number | null =>
    decisions === 0 ? null : known / decisions;
  const bars: Bar[] = byTier.map((tier) => ({
    label: page.clip(tier.tier, 30),
    value: Math.min(1, coverage(tier) ?? 0),
    interval: null,
    limit: null,
    status: 'ok',
    says: `${percent(coverage(tier))} of ${count(tier.decisions)}`,
  }));
  const figure =
    bars.length === 0
      ? NOTHING
      : chartFigure(
          {
            title: 'Share of decisions whose truth is known, by tier',
            description: bars.map(({ label, says }) => `${label}: ${says}.`).join(' '),
            height: barChartHeight(bars),
            drawing: barChart(bars, 1),
            table: table(
              'Truths by tier',
              ['tier', 'decisions', 'truth known', 'coverage'],
              byTier.map((tier) => [page.clip(tier.tier, 30), count(tier.decisions), count(tier.known), percent(coverage(tier))]),
              page,
            ),
          },
          page,
        );
  const unjoined = (['duplicate', 'unknown', 'late', 'forged'] as const).filter((name) => results[name] > 0);
  const rest =
    unjoined.length === 0 ? '' : ` Not counted: ${unjoined.map((name) => `${count(results[name])} ${name}`).join(', ')}.`;
  const waiting =
    pending === null
      ? ''
      : ` Decisions that wait for theirs: ${count(pending)}; forgotten before it came: ${count(forgotten ?? 0)}.`;
  const delay =
    delayMs.p50 === null
      ? ''
      : ` Half came ${within(delayMs.p50)} of the decision, 90 % ${within(delayMs.p90)}, 99 % ${within(delayMs.p99)}.`;
  return html`<section>
    <h3>Outcomes</h3>
    <p>${`Outcomes counted: ${count(results.counted)}.${delay}${rest}${waiting}`}</p>
    ${figure}${trendCharts(trends, span, page)}
  </section> `;
}
