import type { OutcomeEvent } from '@understudy/core';
import type { PageAnswer } from '../../../src/dashboard/wire.ts';
import { count, duration, percent } from '../format.ts';
import { Card, Empty, Facts, Mark, Share, Table, TIER_NAMES, Time } from '../parts/small.tsx';
import { useAnswer } from '../server.ts';
import type { SectionProps } from './section.ts';

const isReview = ({ kind }: OutcomeEvent): boolean => kind === 'override' || kind === 'feedback';

/** What came since the page was opened, and what the server knew before. */
function joined(news: readonly OutcomeEvent[], before: readonly OutcomeEvent[] = []): readonly OutcomeEvent[] {
  const known = new Set(news.map(({ id }) => id));
  return [...news, ...before.filter(({ id }) => !known.has(id))];
}

/** What became known of decisions, and where people disagreed. */
export function Outcomes({ view, live }: SectionProps) {
  const { status } = view;
  const { outcomes, monitors } = status;
  const { answer } = useAnswer<PageAnswer<OutcomeEvent>>(
    `events?model=${encodeURIComponent(status.model)}&types=outcome&limit=100`,
  );
  const { answer: said } = useAnswer<PageAnswer<OutcomeEvent>>(
    `events?model=${encodeURIComponent(status.model)}&types=outcome&kinds=override,feedback&limit=200`,
  );
  const news = live.events.filter((event): event is OutcomeEvent => event.type === 'outcome');
  const events = joined(news, answer?.items);
  const reviews = joined(news, said?.items).filter(isReview);
  const agreed = reviews.filter(({ agree }) => agree === true).length;
  const total = Object.values(outcomes).reduce((sum, one) => sum + one, 0);
  const tiers = Object.entries(monitors?.outcomes.byTier ?? {}).filter(([, { decisions }]) => decisions > 0);
  if (total === 0 && events.length === 0)
    return (
      <Empty title="Nothing has become known of any decision">
        <p>
          Tell what turned out to be true, what a person decided instead, or what it was worth:{' '}
          <code>{'model.recordOutcome(decision.id, { truth })'}</code>. Live metrics, gates and this page live on it.
        </p>
      </Empty>
    );
  const delay = monitors?.outcomes.delayMs;
  return (
    <>
      <Facts
        facts={[
          { name: 'Counted', value: count(outcomes.counted), note: `of ${count(total)}` },
          { name: 'Unscored', value: count(outcomes.unscored), note: 'decision forgotten' },
          { name: 'Duplicate', value: count(outcomes.duplicate) },
          { name: 'Late', value: count(outcomes.late) },
          { name: 'Unknown or forged', value: count(outcomes.unknown + outcomes.forged) },
          ...(delay === undefined ? [] : [{ name: 'Delay p50', value: duration(delay.p50), note: `p99 ${duration(delay.p99)}` }]),
        ]}
      />
      <div class="cards">
        <Card title="Coverage by tier">
          {tiers.length === 0 ? (
            <Empty title="Not known">
              <p>Coverage is counted for models with monitors. A metric on a tier with little coverage deserves doubt.</p>
            </Empty>
          ) : (
            <Table
              caption="Share of decisions whose truth is known"
              rows={tiers}
              keyOf={([tier]) => tier}
              columns={[
                { head: 'Tier', cell: ([tier]) => TIER_NAMES[tier] ?? tier },
                { head: 'Truth known', cell: ([, one]) => <Share share={one.known / one.decisions} /> },
                { head: 'Decisions', isNumber: true, cell: ([, one]) => count(one.decisions) },
              ]}
            />
          )}
        </Card>
        <Card title="What people say">
          {reviews.length === 0 ? (
            <Empty title="No review yet">
              <p>Overrides and feedback of people appear here.</p>
            </Empty>
          ) : (
            <Facts
              facts={[
                {
                  name: 'Let stand',
                  value: percent(agreed / reviews.length),
                  note: `of ${count(reviews.length)} newest reviews`,
                },
                { name: 'Overridden', value: count(reviews.filter(({ kind }) => kind === 'override').length) },
              ]}
            />
          )}
        </Card>
      </div>
      {reviews.length === 0 ? null : (
        <Card title="Overrides and feedback" wide>
          <OutcomeTable caption="What people said, the newest first" events={reviews.slice(0, 30)} now={live.at} />
        </Card>
      )}
      <Card title="Newest outcomes" wide>
        {events.length === 0 ? (
          <Empty title="None since this process began" />
        ) : (
          <OutcomeTable caption="Newest outcomes, the newest first" events={events.slice(0, 30)} now={live.at} />
        )}
      </Card>
    </>
  );
}

function OutcomeTable({
  caption,
  events,
  now,
}: {
  readonly caption: string;
  readonly events: readonly OutcomeEvent[];
  readonly now: number;
}) {
  return (
    <Table
      caption={caption}
      rows={events}
      keyOf={({ id }) => id}
      columns={[
        { head: 'When', cell: ({ at }) => <Time at={at} now={now} /> },
        {
          head: 'Kind',
          cell: ({ kind, agree }) => (kind === 'feedback' ? (agree === true ? 'feedback: agrees' : 'feedback: disagrees') : kind),
        },
        {
          head: 'Result',
          cell: ({ result }) => (
            <Mark level={result === 'counted' ? 'ok' : result === 'forged' ? 'breach' : 'insufficient'}>{result}</Mark>
          ),
        },
        {
          head: 'Served by',
          cell: ({ servedBy, tier }) =>
            servedBy === undefined ? <span class="soft">not known</span> : `${servedBy} (${TIER_NAMES[tier ?? 'none']})`,
        },
        { head: 'After', isNumber: true, cell: ({ delayMs }) => duration(delayMs) },
        { head: 'By', cell: ({ by }) => by ?? <span class="soft">–</span> },
        {
          head: 'What',
          cell: ({ reason, kpi }) => (
            <span class="name">
              {reason ??
                (kpi === undefined
                  ? ''
                  : Object.entries(kpi)
                      .map(([name, value]) => `${name} ${value}`)
                      .join(', '))}
            </span>
          ),
        },
      ]}
    />
  );
}
