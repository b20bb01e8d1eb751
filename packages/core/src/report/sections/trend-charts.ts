import { lineFigure } from '../charts/line-figure.ts';
import type { TimeSpan } from '../charts/time-span.ts';
import { count, figure, percent } from '../figures.ts';
import type { Html } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';
import type { ReportTrend } from '../report-data.ts';
import { binPoints, shownBins } from './bin-points.ts';

const REVIEW_TITLES: Readonly<Record<string, string>> = {
  model: 'Answers of the model that people let stand, over time',
  fallback: 'Answers of fallback tiers that people let stand, over time',
};

/** What people and KPIs say of decisions, over time: in bins of few cases too, since an interval says how little they say. */
export function trendCharts(trends: readonly ReportTrend[], span: TimeSpan, page: PageFormat): Html[] {
  return trends.map(({ of, name, binMs, bins }) => {
    const isReview = of === 'review';
    const format = isReview ? percent : figure;
    const kept = shownBins(bins, page);
    const cases = kept.reduce((sum, { n }) => sum + n, 0);
    const mean = kept.reduce((sum, { n, value }) => sum + n * value, 0) / cases;
    const lowest = Math.min(...kept.map(({ interval, value }) => interval?.[0] ?? value));
    return lineFigure(
      {
        title: isReview ? (REVIEW_TITLES[name] ?? name) : `${page.clip(name, 60)} of a decision, over time`,
        lines: [{ name: '', points: binPoints(kept, binMs) }],
        legend: `${format(mean)} of ${count(cases)} in all, by the time of the decision.${
          isReview ? ' An override, or feedback that disagrees, does not let it stand; people choose what they review.' : ''
        } Band: 95 % interval. Columns: cases.`,
        binMs,
        format,
        ...(isReview ? { range: [Math.floor(10 * lowest) / 10, 1] } : {}),
        omitted: bins.length - kept.length,
      },
      span,
      page,
    );
  });
}
