import type { UnderstudyEvent } from '@understudy/core';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PageAnswer } from '../../../src/dashboard/wire.ts';
import { exact } from '../format.ts';
import { Card, Empty, type Level, Mark, Notice, Table, Time } from '../parts/small.tsx';
import { ask, ServerError, useAnswer } from '../server.ts';
import type { SectionProps } from './section.ts';

const GROUPS = {
  Everything: [
    'control-changed',
    'rollout-changed',
    'monitor-changed',
    'alert-raised',
    'retrain-requested',
    'circuit-changed',
    'registry-changed',
    'review-changed',
    'callback-failed',
    'telemetry-dropped',
  ],
  Commands: ['control-changed'],
  Rollout: ['rollout-changed'],
  Monitors: ['monitor-changed', 'alert-raised', 'retrain-requested'],
  Circuits: ['circuit-changed'],
  Registry: ['registry-changed'],
  Reviews: ['review-changed'],
} as const;
type Group = keyof typeof GROUPS;

interface Told {
  readonly level: Level;
  readonly what: ComponentChildren;
  readonly by: string;
  readonly why: string;
}

function tell(event: UnderstudyEvent): Told {
  switch (event.type) {
    case 'control-changed': {
      const what = `${event.command}${event.variant === undefined ? '' : ` ${event.variant}`}`;
      if (event.result === 'forbidden') return { level: 'breach', what: `${what}: refused`, by: event.by, why: event.reason };
      if (event.result === 'awaits-second')
        return { level: 'warn', what: `${what}: awaits a second person`, by: event.by, why: event.reason };
      return { level: 'info', what, by: event.first === undefined ? event.by : `${event.first}, ${event.by}`, why: event.reason };
    }
    case 'rollout-changed':
      return {
        level: event.to === 'rolled-back' ? 'breach' : 'info',
        what: `rollout: ${event.from || 'begins'} → ${event.to}`,
        by: event.by,
        why: event.reason,
      };
    case 'monitor-changed':
      return {
        level: event.to,
        what: `${event.monitor}: ${event.from} → ${event.to}`,
        by: `monitor:${event.monitor}`,
        why: event.reading.reason,
      };
    case 'alert-raised':
      return {
        level: event.phase === 'resolved' ? 'ok' : 'breach',
        what: `alert ${event.phase}${event.actions.length === 0 ? '' : `, did ${event.actions.join(', ')}`}`,
        by: `monitor:${event.monitor}`,
        why: event.reason,
      };
    case 'retrain-requested':
      return { level: 'warn', what: 'asks for a new model', by: `monitor:${event.monitor}`, why: event.reason };
    case 'circuit-changed':
      return {
        level: event.to === 'open' ? 'breach' : 'info',
        what: `circuit of ${event.variant}: ${event.from} → ${event.to}`,
        by: 'circuit',
        why: event.reason,
      };
    case 'registry-changed':
      return {
        level: event.result === 'forbidden' || event.change === 'refused' ? 'warn' : 'info',
        what: `registry: ${event.alias ?? ''} ${event.change} ${event.version}${event.result === 'forbidden' ? ' was refused' : ''}`,
        by: event.by,
        why: event.reason,
      };
    case 'review-changed':
      return {
        level: event.change === 'refused' ? 'breach' : event.change === 'escalated' ? 'warn' : 'info',
        what: `review ${event.change}`,
        by: event.by,
        why: event.reason,
      };
    case 'callback-failed':
      return { level: 'warn', what: `${event.callback} failed`, by: 'your code', why: event.reason };
    case 'telemetry-dropped':
      return { level: 'warn', what: `${event.count} events lost`, by: `sink ${event.sink}`, why: event.reason };
    default:
      return { level: 'info', what: event.type, by: '', why: '' };
  }
}

/** Who changed what, and why; what monitors and circuits did by themselves. */
export function Audit({ view, live }: SectionProps) {
  const { model } = view.status;
  const [group, setGroup] = useState<Group>('Everything');
  const types: readonly string[] = GROUPS[group];
  const path = `events?model=${encodeURIComponent(model)}&types=${types.join(',')}`;
  const { answer, error } = useAnswer<PageAnswer<UnderstudyEvent>>(path);
  const [older, setOlder] = useState<readonly PageAnswer<UnderstudyEvent>[]>([]);
  const [failure, setFailure] = useState<string>();
  useEffect(() => setOlder([]), [path]);
  const news = live.events.filter((event) => types.includes(event.type));
  const known = new Set(news.map(({ id }) => id));
  const events = [...news, ...[answer, ...older].flatMap((page) => page?.items ?? []).filter(({ id }) => !known.has(id))];
  const last = older.at(-1) ?? answer;

  const loadOlder = async (): Promise<void> => {
    try {
      const page = await ask<PageAnswer<UnderstudyEvent>>(`${path}&after=${encodeURIComponent(last?.next ?? '')}`);
      setOlder((before) => [...before, page]);
      setFailure(undefined);
    } catch (thrown) {
      setFailure(thrown instanceof ServerError ? thrown.message : 'The process does not answer.');
    }
  };

  return (
    <Card
      title="Audit trail"
      wide
      aside={
        <div class="switch" role="group" aria-label="Show">
          {(Object.keys(GROUPS) as Group[]).map((one) => (
            <button key={one} type="button" aria-pressed={group === one} onClick={() => setGroup(one)}>
              {one}
            </button>
          ))}
        </div>
      }
    >
      {[error?.message, answer?.problem, failure].map((text) =>
        text === undefined ? null : <Notice level="warn">{text}</Notice>,
      )}
      {events.length === 0 ? (
        <Empty title="Nothing has happened">
          <p>Commands, transitions, breaches and circuits appear here, each with who and why.</p>
        </Empty>
      ) : (
        <Table
          caption="What happened, the newest first"
          rows={events.map((event) => ({ event, told: tell(event) }))}
          keyOf={({ event }) => event.id}
          columns={[
            { head: 'What', cell: ({ told }) => <Mark level={told.level}>{told.what}</Mark> },
            {
              head: 'When',
              cell: ({ event }) => (
                <span title={exact(event.at)}>
                  <Time at={event.at} now={live.at} />
                </span>
              ),
            },
            { head: 'By', cell: ({ told }) => <span class="name">{told.by}</span> },
            { head: 'Why', cell: ({ told }) => <span class="name">{told.why}</span> },
          ]}
        />
      )}
      <div class="buttons">
        {last?.next === undefined ? (
          <p class="soft">
            {last?.from === 'history'
              ? 'That is all that the history holds.'
              : 'Only the newest 500 are remembered. Give the dashboard a history to look further back.'}
          </p>
        ) : (
          <button type="button" onClick={() => void loadOlder()}>
            Older
          </button>
        )}
      </div>
    </Card>
  );
}
