import { describe, expect, test } from 'vitest';
import type { DistributionBin, FieldDistribution } from '../../types/index.ts';
import { PageFormat } from '../page/page-format.ts';
import type { ReportMonitor } from '../report-data.ts';
import { distributionCharts } from './distribution-charts.ts';

const numeric = (...edges: readonly (number | null)[]): DistributionBin[] =>
  edges.slice(1).map((to, at) => ({ range: [edges[at] ?? null, to], reference: 1 / (edges.length - 1), live: at === 0 ? 1 : 0 }));

const distribution = (bins: readonly DistributionBin[], changes: Partial<FieldDistribution> = {}): FieldDistribution => ({
  field: 'age',
  reference: { n: 5000, missing: 0 },
  live: { n: 1000, missing: 0 },
  bins,
  ...changes,
});

function drawn(items: readonly FieldDistribution[], { omitted = 0, detail = 1 } = {}): string {
  const monitor = { monitor: 'drift', kind: 'drift', status: 'breach', since: 0, history: [], before: null } as const;
  const report: ReportMonitor = {
    ...monitor,
    readings: { items: [], omitted: 0 },
    changes: { items: [], omitted: 0 },
    distributions: { items, omitted },
  };
  return distributionCharts(report, new PageFormat('UTC', detail)).markup.replaceAll('\u00A0', ' ');
}

const rowsOf = (page: string): string[][] =>
  [...page.matchAll(/<th scope="row">([^<]*)<\/th>\s*<td>([^<]*)<\/td>\s*<td>([^<]*)<\/td>/gu)].map((row) => row.slice(1));
const labelsOf = (bins: readonly DistributionBin[]): (string | undefined)[] =>
  rowsOf(drawn([distribution(bins)])).map(([label]) => label);

describe('B5 the chart of a distribution', () => {
  const CITY = distribution(
    [
      { label: 'Paris', reference: 0.5, live: 0.25 },
      { label: 'a<b', reference: 0.5, live: 0 },
      { label: '', reference: 0, live: 0.25 },
      { label: null, reference: 0, live: 0.5 },
    ],
    { field: 'city', segment: 'north', live: { n: 1000, missing: 0.25 } },
  );

  test('B5 has a bar of the reference and a live one for each bin, on one scale, and one of missing values', () => {
    const page = drawn([CITY]);
    const path = (side: string): string | undefined =>
      new RegExp(`preserveAspectRatio[^]*?class="${side}" d="([^"]*)"`).exec(page)?.[1];
    expect(path('reference')).toBe('M0 18h1000v6H0zM0 54h1000v6H0z');
    expect(path('live')).toBe('M0 25h500v6H0zM0 97h500v6H0zM0 133h1000v6H0zM0 169h500v6H0z');
    expect(page).toContain('height="204"');
    for (const text of [
      'reference (5,000)',
      'live (1,000)',
      '50 % → 25 %',
      '0 % → 50 %',
      '>a&lt;b<',
      '>(empty)<',
      '>all others<',
    ])
      expect(page).toContain(text);
  });

  test('B5 says the same in words and as a table', () => {
    const page = drawn([CITY]);
    expect(page).toContain('Distribution of city for north</title>');
    expect(page).toContain(
      'drift: 1,000 live values beside 5,000 of the reference. Furthest apart: a&lt;b from 50 % to 0 %, all others from 0 % to 50 %, Paris from 50 % to 25 %.',
    );
    expect(rowsOf(page)).toEqual([
      ['Paris', '50 %', '25 %'],
      ['a&lt;b', '50 %', '0 %'],
      ['(empty)', '0 %', '25 %'],
      ['all others', '0 %', '50 %'],
      ['missing values', '0 %', '25 %'],
    ]);
  });

  test('B5 names ranges by their edges, with as many digits as tell them apart', () => {
    expect(labelsOf(numeric(null, 40.12345, 52, null))).toEqual(['below 40.1', '40.1 to 52', '52 and above']);
    expect(labelsOf(numeric(null, 12_345.1, 12_345.3, 1e6, null))).toEqual([
      'below 12,345.1',
      '12,345.1 to 12,345.3',
      '12,345.3 to 1,000,000',
      '1,000,000 and above',
    ]);
    expect(labelsOf(numeric(null, 1e-9, 2e-9, null))).toEqual(['below 1.00e-9', '1.00e-9 to 2.00e-9', '2.00e-9 and above']);
    expect(labelsOf(numeric(null, 1999, 2345, null))).toEqual(['below 1,999', '1,999 to 2,345', '2,345 and above']);
    expect(labelsOf(numeric(-999, 100))).toEqual(['-999 to 100']);
    expect(labelsOf(numeric(0, 0))).toEqual(['0']);
    expect(labelsOf(numeric(null, null))).toEqual(['all other numbers']);
  });

  test('B5 without any value has no bar', () => {
    const none = distribution([{ label: 'a', reference: 0, live: 0 }], { live: { n: 0, missing: 0 } });
    expect(drawn([none])).not.toMatch(/NaN|Infinity|class="live" d="M0/u);
  });

  test('B5 what is not drawn is told; without distributions there is nothing', () => {
    const many = Array.from({ length: 10 }, (_, at) => distribution(numeric(null, at, null), { field: `f${at}` }));
    expect(drawn(many).match(/<figure>/gu)).toHaveLength(10);
    const few = drawn(many, { detail: 0.5, omitted: 2 });
    expect(few.match(/<figure>/gu)).toHaveLength(5);
    expect(few).toContain('Not shown: 7 more distributions.');
  });
});
