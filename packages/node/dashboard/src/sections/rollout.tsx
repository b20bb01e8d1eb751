import type { ModelStatus } from '@understudy/core';
import type { SeriesAnswer } from '../../../src/dashboard/wire.ts';
import { count, figure, percent, raised } from '../format.ts';
import { Chart } from '../parts/chart.tsx';
import { Command } from '../parts/controls.tsx';
import { Card, Empty, Facts, type Level, Mark, Notice, Table, Time } from '../parts/small.tsx';
import { useSeries } from '../server.ts';
import type { SectionProps } from './section.ts';
import { everyNote } from './traffic.tsx';

type RolloutStatus = NonNullable<ModelStatus['rollout']>;
type Gate = RolloutStatus['gates'][number];

/** Where a rollout stands, what it waits for, and the evidence of each gate over time. */
export function Rollout({ view, live }: SectionProps) {
  const { model, rollout } = view.status;
  const keys =
    rollout === undefined ? ['none'] : [`gate/${encodeURIComponent(rollout.id)}`, `rollout/${encodeURIComponent(rollout.id)}`];
  const series = useSeries(model, keys, live.samples);
  if (rollout === undefined)
    return (
      <Empty title="This release declares no rollout">
        <p>
          Give the model a challenger with <code>{'rollout: { challenger, gates }'}</code>: its stages and the evidence of its
          gates appear here.
        </p>
      </Empty>
    );
  const isOver = rollout.phase.startsWith('retired') || rollout.phase === 'rolled-back';
  const shares = series?.columns[`rollout/${encodeURIComponent(rollout.id)}/share`] ?? [];
  return (
    <>
      <Facts
        facts={[
          { name: 'Phase', value: rollout.phase, note: <Time at={rollout.enteredAt} now={live.at} /> },
          { name: 'On the challenger', value: percent(rollout.share) },
          {
            name: 'Units of this stage',
            value: count(rollout.units.champion + rollout.units.challenger),
            note: `champion ${count(rollout.units.champion)}, challenger ${count(rollout.units.challenger)}`,
          },
          { name: 'Shadow pairs', value: count(rollout.pairs) },
          {
            name: 'Evidence on its way',
            value: count(rollout.evidence.waiting),
            note: `${count(rollout.evidence.dropped)} lost, ${count(rollout.evidence.unscored)} unscored`,
          },
        ]}
      />
      <Card
        title="What it waits for"
        wide
        aside={
          <div class="commands">
            {rollout.approval === 'awaited' ? (
              <Command name="rollout-approve" view={view}>
                Approve
              </Command>
            ) : null}
            {rollout.held === null && !isOver ? (
              <Command name="rollout-hold" view={view}>
                Hold
              </Command>
            ) : null}
            {rollout.held !== null || rollout.inconclusive || rollout.phase === 'rolled-back' ? (
              <Command name="rollout-resume" view={view}>
                Resume rollout
              </Command>
            ) : null}
            {isOver ? null : (
              <>
                <Command name="rollout-promote" view={view}>
                  Promote
                </Command>
                <Command name="rollout-roll-back" view={view} isGrave>
                  Roll back
                </Command>
              </>
            )}
          </div>
        }
      >
        {rollout.blocked === null ? (
          <p>
            <Mark level="ok">It waits for nothing: it moves on at its next judgement.</Mark>
          </p>
        ) : (
          <p>
            <Mark level={rollout.held === null && !rollout.inconclusive ? 'info' : 'warn'}>
              <b>{rollout.blocked.cause}</b>:{' '}
              <span class="name">{withoutName(rollout.blocked.reason, rollout.blocked.cause)}</span>
            </Mark>
          </p>
        )}
        {rollout.storeFailure === null ? null : <Notice level="breach">The store fails: {rollout.storeFailure}</Notice>}
        <p class="soft name">{rollout.id}</p>
      </Card>
      {rollout.gates.length === 0 ? (
        <Empty title="No gate compares anything in this phase" />
      ) : (
        <div class="cards">
          {rollout.gates.map((gate) => (
            <GateCard key={gate.gate} gate={gate} rollout={rollout.id} series={series} />
          ))}
        </div>
      )}
      <Card title="Share of traffic on the challenger" wide>
        <Chart
          title="Share"
          note={everyNote(series?.everyMs)}
          at={series?.at ?? []}
          lines={[{ label: 'challenger', values: shares, colour: '--c1', isArea: true }]}
          format={percent}
          min={0}
          max={rollout.share === 0 ? 0.1 : rollout.share}
          height={120}
        />
      </Card>
      <Card title="Transitions" wide>
        {rollout.history.length === 0 ? (
          <Empty title="It has not moved yet" />
        ) : (
          <Table
            caption="Transitions of this attempt, the newest first"
            rows={rollout.history.toReversed()}
            keyOf={({ at, to }) => `${at}/${to}`}
            columns={[
              { head: 'To', cell: ({ to }) => to },
              { head: 'From', cell: ({ from }) => (from === '' ? <span class="soft">nothing</span> : from) },
              { head: 'When', cell: ({ at }) => <Time at={at} now={live.at} /> },
              { head: 'By', cell: ({ by }) => by },
              { head: 'Why', cell: ({ reason }) => <span class="name">{reason}</span> },
            ]}
          />
        )}
      </Card>
    </>
  );
}

const VERDICTS: Readonly<Record<string, readonly [Level, string]>> = {
  proceed: ['ok', 'proven'],
  hold: ['insufficient', 'not yet proven'],
  'roll-back': ['breach', 'harm proven'],
};

/** Reasons of gates begin with their name, which stands before them already. */
const withoutName = (reason: string, name: string): string =>
  reason.startsWith(`${name}: `) ? reason.slice(name.length + 2) : reason;

/** An e-value reads as odds: 20 is twenty times what chance would give. */
const odds = (log: number): string => powerOfTen(log / Math.LN10);
const powerOfTen = (digits: number): string => (Math.abs(digits) > 6 ? `10${raised(Math.round(digits))}` : figure(10 ** digits));
/** For an axis with a line for each power of ten. */
const digitsOf = (logs: readonly (number | null)[]): (number | null)[] =>
  logs.map((log) => (log === null ? null : log / Math.LN10));

function GateCard({
  gate,
  rollout,
  series,
}: {
  readonly gate: Gate;
  readonly rollout: string;
  readonly series: SeriesAnswer | undefined;
}) {
  const column = (what: string): readonly (number | null)[] =>
    digitsOf(series?.columns[['gate', rollout, gate.gate, what].map((part) => encodeURIComponent(part)).join('/')] ?? []);
  const [level, word] = VERDICTS[gate.verdict] ?? ['info', gate.verdict];
  const hasEvidence = Number.isFinite(gate.logProofLimit) && gate.logProofLimit !== null;
  return (
    <Card title={gate.gate} aside={<Mark level={level}>{word}</Mark>}>
      <p class="name">{withoutName(gate.reason, gate.gate)}</p>
      {hasEvidence ? (
        <>
          <Meter name="Proof that it is no worse" log={gate.logProof} limit={gate.logProofLimit} kind="proof" />
          <Meter name="Proof of harm" log={gate.logHarm} limit={gate.logHarmLimit} kind="harm" />
          <Chart
            title="e-values against their bounds"
            note="logarithmic"
            at={series?.at ?? []}
            lines={[
              { label: 'proof', values: column('proof'), colour: '--ok' },
              { label: 'proceeds at', values: column('proofLimit'), colour: '--ok', dash: [3, 3], isLimit: true },
              { label: 'harm', values: column('harm'), colour: '--breach', dash: [8, 3] },
              { label: 'rolls back at', values: column('harmLimit'), colour: '--breach', dash: [3, 3], isLimit: true },
            ]}
            format={powerOfTen}
            height={150}
          />
        </>
      ) : null}
      <dl class="pairs">
        <div>
          <dt>Estimate</dt>
          <dd>
            {figure(gate.estimate)} {gate.bound === null ? null : <span class="soft">at worst {figure(gate.bound)}</span>}
          </dd>
        </div>
        <div>
          <dt>Counted</dt>
          <dd>
            champion {count(gate.champion)}, challenger {count(gate.challenger)}
          </dd>
        </div>
        <div>
          <dt>Still needed</dt>
          <dd>{gate.needed === null ? 'cannot be said' : gate.needed === 0 ? 'nothing' : `${count(gate.needed)} units`}</dd>
        </div>
        <div>
          <dt>This stage</dt>
          <dd>{gate.required ? 'waits for it' : 'does not wait for it'}</dd>
        </div>
      </dl>
    </Card>
  );
}

function Meter({
  name,
  log,
  limit,
  kind,
}: {
  readonly name: string;
  readonly log: number;
  readonly limit: number;
  readonly kind: string;
}) {
  const part = limit > 0 ? Math.min(1, Math.max(0, log / limit)) : 0;
  return (
    <div class={`meter ${kind}`}>
      <span>{name}</span>
      <span
        class="bar"
        role="meter"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(part * 100)}
      >
        <span style={{ width: `${part * 100}%` }} />
      </span>
      <span class="number">
        {odds(log)} <span class="soft">of {odds(limit)}</span>
      </span>
    </div>
  );
}
