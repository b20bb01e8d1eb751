import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { UnderstudyError } from '../errors/index.ts';
import { validator } from '../contract/validate.ts';
import { DecisionIds, type IdSigner, nameHash } from '../routing/decision-id.ts';
import { RandomWords } from '../routing/random-words.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { TimerQueue, WallTime } from '../time/index.ts';
import type { Outcome } from './model-api.ts';
import { outcomeFacts, Outcomes } from './outcomes.ts';

type AnyOutcome = Outcome<unknown, unknown, unknown, string>;
const FEEDBACK: AnyOutcome = { feedback: { agree: true } };

function setUp({ kpis = ['minutes'], windowMs = 1000 }: { kpis?: readonly string[]; windowMs?: number } = {}) {
  const clock = new VirtualClock();
  const idsOf = (model: string, signer?: IdSigner) =>
    new DecisionIds(model, new WallTime(clock), new RandomWords(seededRandom(1)), signer);
  const ids = idsOf('m');
  const idOf = (from = ids): string => from.complete(undefined, from.exposure(7, 8, 'cache', 2, 0.25, true), 'u', clock.now());
  const schemas = {
    truth: validator(z.object({ p: z.number().max(1) })),
    output: validator(z.object({ p: z.number() })),
    kpis,
    timeoutMs: 1000,
    timers: new TimerQueue(clock),
  };
  const outcomes = new Outcomes('m', nameHash('m'), ids, schemas, windowMs);
  return {
    clock,
    idsOf,
    idOf,
    outcomes,
    record: async (id: string, outcome: unknown) => {
      const recorded = await outcomes.record(id, outcome as AnyOutcome, clock.wall());
      outcomes.count(recorded.result);
      return recorded;
    },
  };
}

describe('an id', () => {
  test('tells its exposure, once a kind', async () => {
    const { record, idOf, outcomes } = setUp();
    const id = idOf();
    expect(await record(id, FEEDBACK)).toMatchObject({
      kind: 'feedback',
      result: 'counted',
      exposure: { assignedHash: 7, servedHash: 8, tier: 'cache', stage: 2, probability: 0.25, atRisk: true, keyed: false },
    });
    expect(await record(id, FEEDBACK)).toMatchObject({ result: 'duplicate', exposure: { assignedHash: 7 } });
    expect(await record(id, { truth: { p: 1 } })).toMatchObject({ kind: 'truth', result: 'counted' });
    expect(outcomes.counts).toEqual({ counted: 2, unscored: 0, duplicate: 1, unknown: 0, late: 0, forged: 0 });
  });

  test('of another model, and what is none, is unknown and tells nothing', async () => {
    const { record, idOf, idsOf } = setUp();
    expect(await record(idOf(idsOf('other')), FEEDBACK)).toMatchObject({
      kind: 'feedback',
      result: 'unknown',
      exposure: undefined,
    });
    for (const id of ['', 'x'.repeat(48), 'x'.repeat(1000)]) expect((await record(id, FEEDBACK)).exposure).toBeUndefined();
  });

  test('that was changed is forged', async () => {
    const { record, idOf } = setUp();
    const id = idOf();
    const changed = id.slice(0, 25) + (id[25] === 'A' ? 'B' : 'A') + id.slice(26);
    expect(await record(changed, FEEDBACK)).toMatchObject({ kind: 'feedback', result: 'forged', exposure: undefined });
  });

  test('is late after its window, to the millisecond, whether it was told before or not', async () => {
    const { record, idOf, clock } = setUp({ windowMs: 1000 });
    const [one, two] = [idOf(), idOf()];
    clock.freeze(1000);
    expect((await record(one, FEEDBACK)).result).toBe('counted');
    clock.freeze(1);
    expect((await record(two, FEEDBACK)).result).toBe('late');
    expect((await record(one, FEEDBACK)).result).toBe('late');
  });
});

describe('what breaks the contract counts for nothing', () => {
  test.each([
    [{}, ['']],
    [{ truth: { p: 1 }, kpi: { minutes: 1 } }, ['']],
    [{ truth: { p: 2 } }, ['truth.p']],
    [{ truth: { p: 1 }, decision: {} }, ['decision']],
    [{ truth: { p: 1 }, decision: 7 }, ['decision']],
    [{ kpi: { hours: 1 } }, ['kpi.hours']],
    [{ kpi: { minutes: Infinity } }, ['kpi.minutes']],
    [{ kpi: { minutes: '7' } }, ['kpi.minutes']],
    [{ kpi: { hours: Number.NaN } }, ['kpi.hours', 'kpi.hours']],
    [{ override: { output: { p: 'x' }, by: '', reason: 3 } }, ['override.by', 'override.reason']],
    [{ override: { output: { p: 'x' }, by: 'ana', reason: 'seen' } }, ['override.output.p']],
    [{ override: { output: { p: 1 }, by: 'ana', reason: 'seen', blind: 'yes' } }, ['override.blind']],
    [{ feedback: { agree: 'yes' } }, ['feedback.agree']],
    [{ feedback: null }, ['feedback']],
    [{ feedback: {} }, ['feedback.agree']],
    [{ feedback: { agrees: true } }, ['feedback.agrees', 'feedback.agree']],
    [null, ['']],
    [7, ['']],
    [{ kpi: {} }, ['kpi']],
    [{ truth: { p: 1 }, because: 'x' }, ['because']],
  ])('%j', async (outcome, paths) => {
    const { record, idOf, outcomes } = setUp();
    const error = await record(idOf(), outcome).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'OUTCOME_INVALID', details: { problems: paths.map((path) => ({ path })) } });
    expect(Object.values(outcomes.counts).every((count) => count === 0)).toBe(true);
  });

  test('a property that cannot be read, or is named by no kind, is told with its place', async () => {
    const { record, idOf, outcomes } = setUp();
    const throwing = (name: string): object =>
      Object.defineProperty({}, name, {
        enumerable: true,
        get: () => {
          throw new Error('odd');
        },
      });
    for (const [outcome, path] of [
      [throwing('truth'), 'truth'],
      [throwing('kpi'), 'kpi'],
      [throwing('feedback'), 'feedback'],
      [{ kpi: throwing('minutes') }, 'kpi'],
      [{ feedback: throwing('agree') }, 'feedback.agree'],
      [{ override: { by: 'ana', reason: 'seen', outputs: 1 } }, 'override.outputs'],
      [{ feedbacks: { agree: true } }, 'feedbacks'],
      [{ feedback: { agree: true }, decision: { input: 1, output: 1 } }, 'decision'],
      [
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('odd');
            },
          },
        ),
        '',
      ],
    ] as const) {
      const error = await record(idOf(), outcome).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'OUTCOME_INVALID' });
      expect((error as UnderstudyError).details).toMatchObject({
        problems: expect.arrayContaining([expect.objectContaining({ path })]),
      });
    }
    expect(Object.values(outcomes.counts).every((count) => count === 0)).toBe(true);
  });

  test('what is read is read once: what a getter says later changes nothing', async () => {
    const { record, idOf } = setUp();
    let reads = 0;
    const odd = {
      get agree(): unknown {
        return reads++ === 0 ? true : 'maybe';
      },
    };
    expect(await record(idOf(), { feedback: odd })).toMatchObject({ outcome: { feedback: { agree: true } } });
    expect(reads).toBe(1);
  });

  test('a contract without KPIs says so', async () => {
    const { record, idOf } = setUp({ kpis: [] });
    await expect(record(idOf(), { kpi: { minutes: 1 } })).rejects.toThrow(
      "expected one of the contract's KPIs, of which it has none",
    );
  });
});

test('its event has what is no content', () => {
  expect(outcomeFacts({ kpi: { minutes: 3, hours: undefined } })).toEqual({ kpi: { minutes: 3 } });
  expect(outcomeFacts({ override: { output: 'secret', by: 'ana', reason: 'seen' } })).toEqual({ by: 'ana', reason: 'seen' });
  expect(outcomeFacts({ feedback: { agree: false } })).toEqual({ agree: false });
  expect(outcomeFacts({ truth: 'secret' })).toEqual({});
});
