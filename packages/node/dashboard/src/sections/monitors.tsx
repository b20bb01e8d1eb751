import type { ModelStatus } from '@understudy/core';
import { useState } from 'preact/hooks';
import { count, figure } from '../format.ts';
import { Chart } from '../parts/chart.tsx';
import { DistributionChart } from '../parts/distribution.tsx';
import { Card, Empty, type Level, Mark, Notice, Table, Time } from '../parts/small.tsx';
import { useSeries } from '../server.ts';
import type { SeriesAnswer } from '../../../src/dashboard/wire.ts';
import type { SectionProps } from './section.ts';
import { everyNote } from './traffic.tsx';

type Report = NonNullable<ModelStatus['monitors']>['reports'][number];
type Reading = Report['readings'][number];

const ORDER: readonly Level[] = ['breach', 'warn', 'insufficient', 'ok'];
/** Readings of a monitor that are shown at first. */
const SHOWN = 6;

/** Every monitor with its readings, their history, and how drifting fields are distributed. */
export function Monitors({ view, live }: SectionProps) {
  const { model, monitors } = view.status;
  const series = useSeries(model, ['monitor'], live.samples);
  const reports = (monitors?.reports ?? []).toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  if (reports.length === 0)
    return (
      <Empty title="This model has no monitors">
        <p>
          Name some in its options:{' '}
          <code>{"monitors: [drift({ reference }), liveMetric({ metric: 'accuracy', floor: 0.8 })]"}</code>. Each says what it
          sees, with an interval and a limit.
        </p>
      </Empty>
    );
  return (
    <>
      {(monitors?.storeFailure ?? null) === null ? null : (
        <Notice level="breach">The store fails: {monitors?.storeFailure}</Notice>
      )}
      <div class="stack">
        {reports.map((report) => (
          <MonitorCard key={report.monitor} report={report} series={series} now={live.at} />
        ))}
      </div>
    </>
  );
}

const WORDS: Readonly<Record<string, string>> = { ok: 'ok', warn: 'warning', breach: 'breach', insufficient: 'too few cases' };

const about = ({ measure, field, segment }: Reading): string =>
  [field ?? measure, ...(segment === undefined ? [] : [`for ${segment}`])].join(' ');

function MonitorCard({
  report,
  series,
  now,
}: {
  readonly report: Report;
  readonly series: SeriesAnswer | undefined;
  readonly now: number;
}) {
  const { monitor, kind, status, since, readings, distributions, failure } = report;
  const keyed = readings.map((reading) => ({ reading, key: keyOf(monitor, reading) }));
  const followed = keyed.filter(({ key }) => series?.columns[`${key}/value`] !== undefined);
  const [chosen, setChosen] = useState<string>();
  const [isWhole, setWhole] = useState(false);
  const shown = followed.find(({ key }) => key === chosen) ?? followed[0];
  const rows = isWhole ? readings : readings.slice(0, SHOWN);
  return (
    <Card
      title={monitor}
      wide
      aside={
        <span class="card-aside">
          <Mark level={status}>{WORDS[status]}</Mark>
          <span class="soft">
            {kind === monitor ? '' : `${kind}, `}
            {since === 0 ? (
              'not judged yet'
            ) : (
              <>
                since <Time at={since} now={now} />
              </>
            )}
          </span>
        </span>
      }
    >
      {failure === undefined ? null : <Notice level="warn">{failure}</Notice>}
      {readings.length === 0 ? (
        <Empty title="No reading yet">
          <p>A monitor judges when it has cases: outcomes for those that score, calls for the others.</p>
        </Empty>
      ) : (
        <div class="pair">
          <div>
            <Table
              caption={`Readings of ${monitor}`}
              rows={rows}
              keyOf={(reading) => keyOf('', reading)}
              columns={[
                {
                  head: 'What',
                  cell: (reading) => (
                    <span class="name" title={reading.measure}>
                      {about(reading)}
                    </span>
                  ),
                },
                { head: 'Status', cell: (reading) => <Mark level={reading.status}>{WORDS[reading.status]}</Mark> },
                {
                  head: 'Value',
                  isNumber: true,
                  cell: ({ value, interval }) => (
                    <>
                      {figure(value)}
                      {interval === null ? null : (
                        <span class="soft interval">
                          {figure(interval[0])} to {figure(interval[1])}
                        </span>
                      )}
                    </>
                  ),
                },
                { head: 'Limit', isNumber: true, cell: ({ limit }) => figure(limit) },
                { head: 'Cases', isNumber: true, cell: ({ n }) => count(n) },
              ]}
            />
            {readings.length > SHOWN ? (
              <button type="button" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
                {isWhole ? 'Show the worst' : `Show all ${readings.length}`}
              </button>
            ) : null}
          </div>
          <div>
            {followed.length > 1 ? (
              <label class="choice">
                Over time
                <select value={shown?.key} onChange={(event) => setChosen(event.currentTarget.value)}>
                  {followed.map(({ key, reading }) => (
                    <option key={key} value={key}>
                      {about(reading)}
                    </option>
                  ))}
                </select>
              </label>
            ) : null}
            <ReadingChart shown={shown} series={series} />
            <p class="soft name">{(shown?.reading ?? readings[0])?.reason}</p>
          </div>
        </div>
      )}
      {distributions === undefined || distributions.length === 0 ? null : (
        <div class="distributions">
          <h3>Distributions of drifting fields</h3>
          <div class="cards">
            {distributions.map((distribution) => (
              <DistributionChart key={`${distribution.field}/${distribution.segment ?? ''}`} distribution={distribution} />
            ))}
          </div>
        </div>
      )}
    </Card>
  );
}

function ReadingChart({
  shown,
  series,
}: {
  readonly shown: { readonly reading: Reading; readonly key: string } | undefined;
  readonly series: SeriesAnswer | undefined;
}) {
  const column = (what: string): readonly (number | null)[] => series?.columns[`${shown?.key ?? ''}/${what}`] ?? [];
  const hasBand = column('lower').some((value) => value !== null);
  const hasLimit = column('limit').some((value) => value !== null);
  return (
    <Chart
      title={shown === undefined ? 'Over time' : shown.reading.measure}
      note={`${hasBand ? 'with its 95 % interval, ' : ''}${everyNote(series?.everyMs)}`}
      at={series?.at ?? []}
      lines={[
        { label: 'value', values: column('value'), colour: '--c1' },
        ...(hasLimit ? [{ label: 'limit', values: column('limit'), colour: '--breach', dash: [3, 3], isLimit: true }] : []),
        ...(hasBand
          ? [
              { label: 'upper', values: column('upper'), colour: '--c1-faint', isLimit: true, isQuiet: true },
              { label: 'lower', values: column('lower'), colour: '--c1-faint', isLimit: true, isQuiet: true },
            ]
          : []),
      ]}
      {...(hasBand ? { band: [hasLimit ? 2 : 1, hasLimit ? 3 : 2] as const } : {})}
      format={figure}
      height={140}
    />
  );
}

const keyOf = (monitor: string, { measure, field, segment }: Reading): string =>
  ['monitor', monitor, measure, field ?? '', segment ?? ''].map((part) => encodeURIComponent(part)).join('/');
