import { count, dollars } from '../format.ts';
import { Chart, lineOf, perSecond } from '../parts/chart.tsx';
import { Card, Empty, Facts, Mark, Notice, Table, Time } from '../parts/small.tsx';
import { useSeries } from '../server.ts';
import type { SectionProps } from './section.ts';
import { everyNote } from './traffic.tsx';

/** Tokens and money. */
export function Spend({ view, live }: SectionProps) {
  const { status, spend } = view;
  const series = useSeries(status.model, ['spend'], live.samples);
  const rows = Object.entries(spend ?? {});
  const budgets = (status.monitors?.reports ?? []).filter(({ kind }) => /spend/i.test(kind));
  const policies = Object.entries(status.variants).flatMap(([variant, { policies: all }]) => {
    const budget = all['budget'];
    return budget === undefined ? [] : [{ variant, budget }];
  });
  if (rows.length === 0)
    return (
      <Empty title="No call has reported what it used">
        <p>
          Adapters of language models report tokens by themselves; a predictor of your own says them with{' '}
          <code>call.report({'{ usage }'})</code>. Money needs <code>prices</code>.
        </p>
      </Empty>
    );
  const total = rows.reduce(
    (sum, [, one]) => ({
      calls: sum.calls + one.calls,
      unpriced: sum.unpriced + one.unpriced,
      input: sum.input + one.inputTokens,
      cached: sum.cached + one.cachedTokens,
      output: sum.output + one.outputTokens,
      reasoning: sum.reasoning + one.reasoningTokens,
      cost: sum.cost + one.costMicroUsd,
    }),
    { calls: 0, unpriced: 0, input: 0, cached: 0, output: 0, reasoning: 0, cost: 0 },
  );
  const at = series?.at ?? [];
  const column = (variant: string, what: string): (number | null)[] =>
    perSecond(at, series?.columns[`spend/${encodeURIComponent(variant)}/${what}`]);
  const hourly = (values: readonly (number | null)[]): (number | null)[] =>
    values.map((value) => (value === null ? null : value * 3600));
  return (
    <>
      <Facts
        facts={[
          {
            name: 'Spent',
            value: dollars(total.cost),
            note:
              live.status === undefined ? undefined : (
                <>
                  since <Time at={live.status.since} now={live.at} />
                </>
              ),
          },
          { name: 'Per 1,000 calls', value: dollars((total.cost / Math.max(1, total.calls - total.unpriced)) * 1000) },
          { name: 'Tokens in', value: count(total.input), note: `${count(total.cached)} from a cache` },
          { name: 'Tokens out', value: count(total.output), note: `${count(total.reasoning)} for reasoning` },
          { name: 'Calls without a price', value: count(total.unpriced) },
        ]}
      />
      {status.unpriced === undefined ? null : (
        <Notice level="warn">No price is known of {status.unpriced.join(', ')}: what they cost is counted nowhere.</Notice>
      )}
      <Card title="Over time" wide>
        <div class="pair">
          <Chart
            title="US dollars an hour"
            note={everyNote(series?.everyMs)}
            at={at}
            lines={rows.map(([variant], index) => lineOf(variant, hourly(column(variant, 'cost')), index))}
            format={dollars}
            min={0}
          />
          <Chart
            title="Tokens a second"
            note={everyNote(series?.everyMs)}
            at={at}
            lines={rows.flatMap(([variant], index) => [
              lineOf(`${variant} in`, column(variant, 'input'), 2 * index),
              lineOf(`${variant} out`, column(variant, 'output'), 2 * index + 1),
            ])}
            format={count}
            min={0}
          />
        </div>
      </Card>
      <Card title="By the variant that was assigned" wide>
        <Table
          caption="Spend by variant"
          rows={rows}
          keyOf={([variant]) => variant}
          columns={[
            { head: 'Variant', cell: ([variant]) => variant },
            { head: 'Calls', isNumber: true, cell: ([, one]) => count(one.calls) },
            { head: 'Tokens in', isNumber: true, cell: ([, one]) => count(one.inputTokens) },
            { head: 'Tokens out', isNumber: true, cell: ([, one]) => count(one.outputTokens) },
            { head: 'Spent', isNumber: true, cell: ([, one]) => dollars(one.costMicroUsd) },
            {
              head: 'Per call',
              isNumber: true,
              cell: ([, one]) => dollars(one.costMicroUsd / Math.max(1, one.calls - one.unpriced)),
            },
          ]}
        />
      </Card>
      {budgets.length === 0 && policies.length === 0 ? null : (
        <Card title="Budgets" wide>
          <ul class="attention">
            {budgets.map(({ monitor, status: level, readings }) => (
              <li key={monitor}>
                <Mark level={level}>
                  {monitor}: <span class="name">{readings[0]?.reason ?? 'no reading yet'}</span>
                </Mark>
              </li>
            ))}
            {policies.map(({ variant, budget }) => (
              <li key={variant}>
                <Mark level="info">
                  {variant}:{' '}
                  {Object.entries(budget)
                    .map(([name, value]) => `${name} ${String(value)}`)
                    .join(', ')}
                </Mark>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}
