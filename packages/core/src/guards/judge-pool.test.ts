import { expect, test } from 'vitest';
import { problemPaths } from '../../tests/support/problem-paths.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { JudgedCall } from './judged-call.ts';
import { guardRunner, type RunningGuards } from './guard-runner.ts';
import { judge, type JudgeOptions } from './judge.ts';

const CALL: JudgedCall<unknown, unknown> = { decisionId: 'd', model: 'm', servedBy: 'v1', input: 'in', output: 'out' };

interface World {
  readonly clock: VirtualClock;
  readonly run: RunningGuards;
  readonly failed: string[];
}
function started(options: JudgeOptions<unknown, unknown>, random = (): number => 0): World {
  const clock = new VirtualClock();
  const failed: string[] = [];
  const run = guardRunner.start({ output: [judge(options)] }, 'm', {
    clock,
    random,
    defer: (task) => clock.schedule(task, 0),
    failed: (callback, error) => failed.push(`${callback}: ${String(error)}`),
  });
  return { clock, run, failed };
}
const statusOf = ({ run }: World): unknown => run.status().output[0];

test('it reads calls later, and reports', async () => {
  const told: unknown[] = [];
  const world = started({
    ask: ({ output, signal }) => ({ passes: output === 'out' && !signal.aborted, score: 0.9, reason: 'fine' }),
    report: (verdict, call) => told.push([verdict, call.decisionId]),
  });
  world.run.served(CALL);
  world.run.served({ ...CALL, decisionId: 'e', output: 'wrong' });
  expect(told).toEqual([]);
  await world.clock.advance(1);
  await world.run.idle();
  expect(told).toEqual([
    [{ passes: true, score: 0.9, reason: 'fine' }, 'd'],
    [{ passes: false, score: 0.9, reason: 'fine' }, 'e'],
  ]);
  expect(statusOf(world)).toEqual({ name: 'judge', action: 'report', errors: 0, checked: 2, found: 1, dropped: 0 });
});

test('a judge that hangs fills its pool and no more: its time ends, its signal aborts', async () => {
  const signals: AbortSignal[] = [];
  const world = started({
    ask: ({ signal }) => {
      signals.push(signal);
      return new Promise<boolean>(() => undefined);
    },
    concurrency: 2,
    maxQueue: 3,
    timeoutMs: 50,
  });
  for (let index = 0; index < 8; index++) world.run.served(CALL);
  await world.clock.advance(1);
  expect([signals.length, world.run.status().output[0]?.dropped]).toEqual([2, 5]);
  const idle = world.run.idle();
  await world.clock.advance(200);
  await idle;
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  expect(world.failed).toEqual(Array.from({ length: 3 }, () => 'guards.output.judge: Error: It gave no verdict within 50 ms.'));
  expect(statusOf(world)).toMatchObject({ checked: 0, errors: 3 });
});

test.each<[string, unknown]>([
  [
    'throws',
    () => {
      throw new Error('no');
    },
  ],
  ['rejects', async () => Promise.reject(new Error('no'))],
  ['answers nonsense', () => 'yes'],
  [
    'answers a broken thenable',
    () => ({
      then: () => {
        throw new Error('no');
      },
    }),
  ],
])('one that %s is counted, and judges on', async (_, ask) => {
  const world = started({ ask: ask as never });
  world.run.served(CALL);
  world.run.served(CALL);
  await world.clock.advance(1);
  await world.run.idle();
  expect(statusOf(world)).toMatchObject({ checked: 0, errors: 2 });
});

test('a report that fails is told, whatever it is', async () => {
  for (const report of [
    () => {
      throw new Error('no');
    },
    async () => Promise.reject(new Error('no')),
  ]) {
    const world = started({ ask: () => true, report });
    world.run.served(CALL);
    await world.clock.advance(1);
    await world.run.idle();
    await world.clock.advance(1);
    expect(world.failed).toEqual(['guards.output.judge: Error: no']);
  }
});

test('only a sample is judged, where one is asked for', async () => {
  const draws = [0.1, 0.5, 0.09];
  const world = started({ ask: () => true, sampleRate: 0.1 }, () => draws.shift() ?? 1);
  for (let index = 0; index < 3; index++) world.run.served(CALL);
  await world.clock.advance(1);
  await world.run.idle();
  expect(statusOf(world)).toMatchObject({ checked: 1 });
  expect(problemPaths(() => judge({ ask: 1 as never, concurrency: 0 }))).toEqual(['judge.ask', 'judge.concurrency']);
});
