import { expect, it } from 'vitest';
import {
  sampleAlert,
  sampleCircuit,
  sampleControl,
  sampleDecision,
  sampleMonitor,
  sampleRetrain,
  sampleRollout,
} from '../../tests/support/sample-events.ts';
import type { UnderstudyEvent } from '../events/event.ts';
import { ChangeTimeline } from './change-timeline.ts';

function timelineOf(...events: readonly UnderstudyEvent[]) {
  const timeline = new ChangeTimeline();
  for (const event of events) timeline.add(event);
  return timeline.list;
}

const whatOf = (...events: readonly UnderstudyEvent[]): string[] =>
  timelineOf(...events).items.map(({ who, what }) => `${who}: ${what}`);

it.each([
  [sampleControl({ command: 'isolate', variant: 'v2', by: 'ana' }), 'ana: isolate v2'],
  [sampleControl({ command: 'pause', by: 'bo', result: 'forbidden' }), 'bo: pause (refused: not allowed)'],
  [sampleRollout({ from: '', to: 'draft', by: 'rollout' }), 'rollout: rollout of v2: – → draft'],
  [sampleAlert({ actions: [] }), 'monitor:accuracy: alert'],
  [sampleAlert({ actions: ['pause', 'retrain'] }), 'monitor:accuracy: alert, with pause, retrain'],
  [sampleRetrain(), 'monitor:accuracy: asks to retrain v1 1.0.0'],
  [sampleMonitor({ from: 'ok', to: 'warn' }), 'monitor:accuracy: ok → warn'],
  [sampleCircuit({ from: 'closed', to: 'open' }), 'circuit breaker of v1: closed → open'],
])('says who did what', (event, line) => {
  expect(whatOf(event)).toEqual([line]);
});

it('leaves out what changes nothing', () => {
  expect(timelineOf(sampleDecision())).toEqual({ items: [], omitted: 0 });
});

it('the same from many processes within a minute is one change; another, or a later one, is not', () => {
  const opened = (at: number) => sampleCircuit({ at, to: 'open' });
  const { items } = timelineOf(
    opened(0),
    opened(60_000),
    opened(60_001),
    sampleCircuit({ at: 60_002, to: 'closed' }),
    opened(60_003),
    sampleCircuit({ at: 60_003, to: 'open', variant: 'v2' }),
  );
  expect(items.map(({ at, what, times }) => [at, what.split(' ').at(-1), times])).toEqual([
    [0, 'open', 2],
    [60_001, 'open', 1],
    [60_002, 'closed', 1],
    [60_003, 'open', 1],
    [60_003, 'open', 1],
  ]);
});

it('each command counts for itself', () => {
  expect(timelineOf(sampleControl({ at: 1 }), sampleControl({ at: 1 })).items.map(({ times }) => times)).toEqual([1, 1]);
});

it('stands in the order of time, what was seen before what was done about it', () => {
  const lines = whatOf(
    sampleControl({ at: 9, by: 'ana', command: 'resume' }),
    sampleControl({ at: 5, by: 'monitor:accuracy' }),
    sampleMonitor({ at: 5 }),
  );
  expect(lines).toEqual(['monitor:accuracy: ok → breach', 'monitor:accuracy: pause', 'ana: resume']);
});

it('is bounded, keeps the newest and counts the rest; changes push no command out', () => {
  const flaps = Array.from({ length: 300 }, (_, at) => sampleCircuit({ at, to: at % 2 === 0 ? 'open' : 'closed' }));
  const commands = Array.from({ length: 201 }, (_, at) => sampleControl({ at, reason: `r${at}` }));
  const { items, omitted } = timelineOf(...commands, ...flaps);
  expect([items.length, omitted]).toEqual([300, 201]);
  expect(items.filter(({ type }) => type === 'circuit').map(({ at }) => at)).toEqual(
    Array.from({ length: 100 }, (_, index) => 200 + index),
  );
  expect(items.find(({ type }) => type === 'control')?.why).toBe('r1');
});
