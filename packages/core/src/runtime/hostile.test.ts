import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { memoryStore } from '../control/memory-store.ts';
import { UnderstudyError } from '../errors/index.ts';
import { allowFields } from '../events/redaction.ts';
import { always } from '../fallback/always.ts';
import type { Model } from '../model/model-api.ts';
import { liveMetric } from '../monitors/live-metric.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { concurrencyLimit } from '../policies/concurrency-limit.ts';
import { retry } from '../policies/retry.ts';
import { timeout } from '../policies/timeout.ts';
import { errorRate } from '../rollout/gates/error-rate.ts';
import { gate } from '../rollout/gates/gate.ts';
import { quality } from '../rollout/gates/quality.ts';
import { thompson } from '../rollout/thompson.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { createUnderstudy } from './create-understudy.ts';

/** Whatever code that is not ours may throw, reject with, or return. Add a row, and every place below is tried with it. */
const VALUES: readonly (readonly [name: string, make: () => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['an error', () => new Error('odd')],
  ['an empty object', () => ({})],
  ['an object without a prototype', () => Object.create(null)],
  ['a symbol', () => Symbol('odd')],
  ['a function', () => () => undefined],
  ['NaN', () => Number.NaN],
  ['a bigint', () => 10n],
  ['a huge text', () => 'x'.repeat(200_000)],
  ['a frozen object', () => Object.freeze({ status: 429 })],
  ['a proxy that was revoked', revoked],
  [
    'getters that throw',
    () => throwingGetters('message', 'name', 'code', 'status', 'headers', 'cause', 'then', 'agrees', 'output', 'variant'),
  ],
  ['an error whose texts are no texts', () => Object.assign(new Error('odd'), { message: 7, name: {}, code: [] })],
  [
    'an error that is its own cause',
    () =>
      Object.defineProperty(new Error('odd'), 'cause', {
        get() {
          return this as unknown;
        },
      }),
  ],
  [
    'headers whose get throws',
    () => ({
      status: 429,
      headers: {
        get: () => {
          throw Object.create(null);
        },
      },
    }),
  ],
  [
    'a cycle',
    () => {
      const cycle: { self?: unknown } = {};
      cycle.self = cycle;
      return cycle;
    },
  ],
  ['a list of odd things', () => [revoked(), null, Symbol('x')]],
  ['an error with odd errors', () => Object.assign(new Error('x'), { errors: revoked(), cause: { errors: revoked() } })],
  ['an error of ours with odd parts', () => Object.assign(new UnderstudyError('OUTPUT_INVALID', 'x'), { details: revoked() })],
  [
    'an error of ours without a code',
    () =>
      Object.defineProperty(new UnderstudyError('TIMEOUT', 'x'), 'code', {
        get: () => {
          throw Object.create(null);
        },
      }),
  ],
  ['headers that answer later', () => ({ status: 429, headers: { get: () => Promise.reject(new Error('later')) } })],
  [
    'a native promise whose constructor throws',
    () =>
      Object.defineProperty(Promise.resolve({ y: 1 }), 'constructor', {
        get: () => {
          throw Object.create(null);
        },
      }),
  ],
];

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function throwingGetters(...names: string[]): object {
  const value = {};
  for (const name of names)
    Object.defineProperty(value, name, {
      enumerable: true,
      get: () => {
        throw Object.create(null);
      },
    });
  return value;
}

/** How it does so: at once, later, or never. */
const WAYS: readonly (readonly [name: string, of: (make: () => unknown) => () => unknown])[] = [
  [
    'throws',
    (make) => () => {
      throw make();
    },
  ],
  ['returns', (make) => () => make()],
  ['rejects with', (make) => () => Promise.reject(make())],
  ['resolves to', (make) => async () => make()],
  [
    'rejects later with',
    (make) => async () => {
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
      throw make();
    },
  ],
  // oxlint-disable-next-line unicorn/no-thenable
  [
    'returns a thenable that throws',
    (make) => () => ({
      then: () => {
        throw make();
      },
    }),
  ],
  // oxlint-disable-next-line unicorn/no-thenable
  [
    'returns a thenable that settles twice with',
    (make) => () => ({
      then: (done: (value: unknown) => void, failed: (error: unknown) => void) => {
        failed(make());
        done(make());
        throw make();
      },
    }),
  ],
];
const NEVER = () => new Promise<never>(() => {});

type AnyModel = Model<unknown, unknown, unknown, unknown, string, never>;
type Odd = (...given: unknown[]) => unknown;
interface Setting {
  readonly runtime?: object;
  readonly contract?: object;
  readonly options?: object;
  /** What is done beside the calls. */
  readonly beside?: (model: AnyModel) => unknown;
}

const input = z.object({ x: z.number() });
const output = z.object({ y: z.number() });
const schema = (validate: Odd): unknown => ({ '~standard': { version: 1, vendor: 'odd', validate } });
/** Sound for the first value, which a definition looks at, and odd from then on. */
const later = (odd: Odd): Odd => {
  let asked = 0;
  return (value) => (asked++ === 0 ? { value } : odd(value));
};
const good = { predictor: () => ({ y: 1 }), version: '1' };
const rollout = (gates: readonly unknown[]): object => ({ challenger: 'v2', canaryShares: [0.5], gates });
const store = (name: string, odd: Odd): object => ({ ...memoryStore({ acceptLoss: true }), volatile: false, [name]: odd });

/** Where code of a user is called or read. Add a row, and every value above is tried there. */
const PLACES: readonly (readonly [name: string, setting: (odd: Odd) => Setting])[] = [
  ['a predictor', (odd) => ({ options: { variants: { v1: { predictor: odd, version: '1' } } } })],
  [
    'a predictor behind every policy',
    (odd) => ({
      options: {
        variants: { v1: { predictor: odd, version: '1' } },
        policies: [
          retry({ baseMs: 1 }),
          circuitBreaker({ consecutiveFailures: 2 }),
          concurrencyLimit({ limit: 1 }),
          timeout({ ms: 50 }),
        ],
      },
    }),
  ],
  [
    'a predictor with two variants',
    (odd) => ({
      options: {
        variants: { v1: { predictor: odd, version: '1' }, v2: { predictor: odd, version: '2' } },
        fallback: ['v2', always({ y: 0 })],
      },
    }),
  ],
  [
    'describe of a predictor',
    (odd) => ({ options: { variants: { v1: { predictor: Object.assign(() => ({ y: 1 }), { describe: odd }), version: '1' } } } }),
  ],
  [
    'close of a predictor',
    (odd) => ({ options: { variants: { v1: { predictor: Object.assign(() => ({ y: 1 }), { close: odd }), version: '1' } } } }),
  ],
  ['an input schema', (odd) => ({ contract: { input: schema(odd) } })],
  ['an output schema', (odd) => ({ contract: { output: schema(later(odd)) } })],
  ['a truth schema', (odd) => ({ contract: { truth: schema(odd) } })],
  [
    'classify',
    (odd) => ({
      options: { classify: odd, variants: { v1: { predictor: () => Promise.reject(new Error('down')), version: '1' } } },
    }),
  ],
  [
    'admit of a policy',
    (odd) => ({ options: { policies: [{ kind: 'own', create: () => ({ admit: odd, settle: () => undefined }) }] } }),
  ],
  [
    'settle of a policy',
    (odd) => ({ options: { policies: [{ kind: 'own', create: () => ({ admit: () => 1, settle: odd }) }] } }),
  ],
  ['assign', (odd) => ({ options: { assign: odd } })],
  ['a shadow', (odd) => ({ options: { variants: { v1: good, v2: { predictor: odd, version: '2' } }, shadow: { v2: {} } } })],
  [
    'a comparator',
    (odd) => ({ options: { variants: { v1: good, v2: { ...good, version: '2' } }, shadow: { v2: { compare: odd } } } }),
  ],
  [
    'a tier of the user',
    (odd) => ({
      options: {
        variants: { v1: { predictor: () => Promise.reject(new Error('down')), version: '1' } },
        fallback: [{ kind: 'rules', name: 'own', version: '1', answer: odd }, always({ y: 0 })],
      },
    }),
  ],
  [
    'the output of a tier of the user',
    (odd) => ({
      options: {
        variants: { v1: { predictor: () => Promise.reject(new Error('down')), version: '1' } },
        fallback: [{ kind: 'rules', name: 'own', version: '1', answer: () => ({ output: odd() }) }, always({ y: 0 })],
      },
    }),
  ],
  [
    'allocate',
    (odd) => ({
      runtime: { signer: SIGNER },
      options: {
        variants: { v1: good, v2: { ...good, version: '2' } },
        split: { v2: 0.5 },
        allocation: { ...thompson(), allocate: odd },
      },
    }),
  ],
  [
    'the check of a gate',
    (odd) => ({
      runtime: { store: memoryStore({ acceptLoss: true }) },
      options: {
        variants: { v1: good, v2: { ...good, version: '2' } },
        rollout: rollout([errorRate({ maxRatio: 2 }), gate({ name: 'own', check: odd as never })]),
      },
    }),
  ],
  [
    'the score of a gate',
    (odd) => ({
      runtime: { store: memoryStore({ acceptLoss: true }), signer: SIGNER },
      options: {
        variants: { v1: good, v2: { ...good, version: '2' } },
        rollout: rollout([quality({ score: odd as never, maxLoss: 0.1 })]),
      },
    }),
  ],
  [
    'the segments of a monitor',
    (odd) => ({
      contract: { target: { kind: 'number', field: 'y' } },
      options: { monitors: [liveMetric({ metric: 'mae', breachAbove: 1, segmentBy: odd as never })] },
    }),
  ],
  [
    'start of a monitor',
    (odd) => ({ options: { monitors: [{ ...liveMetric({ metric: 'mae', breachAbove: 1 }), check: undefined, start: odd }] } }),
  ],
  [
    'observe of a monitor',
    (odd) => ({
      options: {
        monitors: [
          { ...liveMetric({ metric: 'mae', breachAbove: 1 }), check: undefined, start: () => ({ observe: odd, read: () => [] }) },
        ],
      },
    }),
  ],
  [
    'read of a monitor',
    (odd) => ({
      options: {
        monitors: [
          {
            ...liveMetric({ metric: 'mae', breachAbove: 1 }),
            check: undefined,
            start: () => ({ observe: () => undefined, read: odd }),
          },
        ],
      },
    }),
  ],
  ['a listener of the model', (odd) => ({ beside: (model) => model.on('decision', odd) })],
  [
    'a listener of failed attempts',
    (odd) => ({
      options: { variants: { v1: { predictor: () => Promise.reject(new Error('down')), version: '1' } } },
      beside: (model) => model.on('attempt-failed', odd),
    }),
  ],
  ['a signer', (odd) => ({ runtime: { signer: { keyed: true, seal: odd } } })],
  [
    'randomness',
    (odd) => ({
      runtime: { random: odd },
      options: { variants: { v1: good, v2: { ...good, version: '2' } }, split: { v2: 0.5 } },
    }),
  ],
  [
    'waitUntil',
    (odd) => ({
      runtime: { waitUntil: odd },
      options: { variants: { v1: good, v2: { ...good, version: '2' } }, shadow: { v2: {} } },
    }),
  ],
  [
    'redaction',
    (odd) => ({
      runtime: {
        redact: { paths: ['input.x'], input: odd, output: odd },
        sinks: [{ name: 's', content: true, write: () => undefined }],
      },
    }),
  ],
  ...['accepts', 'attach', 'queued', 'write', 'flush', 'close'].map(
    (name) =>
      [
        `${name} of a sink`,
        (odd: Odd) => ({
          runtime: { redact: allowFields(['input.x']), sinks: [{ name: 's', write: () => undefined, [name]: odd }] },
        }),
      ] as const,
  ),
  ...['read', 'compareAndSet', 'watch', 'close', 'mergeCounters', 'readCounters', 'claim', 'forget'].map(
    (name) =>
      [
        `${name} of a store`,
        (odd: Odd) => ({
          runtime: { store: store(name, odd), signer: SIGNER },
          options: { variants: { v1: good, v2: { ...good, version: '2' } }, rollout: rollout([errorRate({ maxRatio: 2 })]) },
        }),
      ] as const,
  ),
];
const SIGNER = { keyed: true, seal: () => new Uint8Array(7) };

const unhandled: unknown[] = [];
const hear = (error: unknown): void => void unhandled.push(error);
beforeAll(() => void process.on('unhandledRejection', hear));
afterAll(() => void process.off('unhandledRejection', hear));

/** Three calls of a model with one odd thing in it, and what became of them. */
async function tried({ runtime = {}, contract = {}, options = {}, beside }: Setting): Promise<readonly string[]> {
  const clock = new VirtualClock();
  const wrong: string[] = [];
  const understudy = createUnderstudy({ clock, random: seededRandom(3), ...runtime });
  // Names and types that a user of plain JavaScript could give.
  const define = understudy.defineModel as unknown as (contract: object, options: object) => AnyModel;
  const model = define(
    { name: 'm', input, output, ...contract },
    { variants: { v1: good }, champion: 'v1', fallback: [always({ y: 0 })], deadlineMs: 200, ...options },
  );
  beside?.(model);
  const ended: (readonly [how: string, id?: string])[] = [];
  for (const unit of ['a', 'b', 'c'])
    model.predict({ x: 1 }, { unit }).then(
      ({ id }) => ended.push(['served', id]),
      (error: unknown) => ended.push([`rejected: ${String((error as { code?: string } | undefined)?.code)}`]),
    );
  await clock.advance(700);
  if (ended.length < 3) wrong.push(`${3 - ended.length} calls did not end`);
  for (const [how] of ended) if (how !== 'served') wrong.push(how);
  // An outcome, and some seconds in which what learns from calls is exchanged and judged.
  const recorded = Promise.allSettled(ended.map(([, id]) => model.recordOutcome(id ?? '', { truth: { y: 1 } })));
  await clock.advance(3000);
  let isRecorded = false;
  void recorded.then(() => (isRecorded = true));
  await clock.advance(1);
  if (!isRecorded) wrong.push('an outcome did not end');
  model.predict({ x: 1 }).then(
    () => ended.push(['served']),
    () => wrong.push('a later call was rejected'),
  );
  await clock.advance(700);
  if (ended.length < 4) wrong.push('a later call did not end');
  try {
    JSON.stringify(understudy.status());
    const { inFlight } = model.status().calls;
    if (inFlight !== 0) wrong.push(`${inFlight} calls stay in flight`);
  } catch (error) {
    wrong.push(`status threw ${String(error)}`);
  }
  let isClosed = false;
  const closed = (): void => {
    isClosed = true;
  };
  understudy.close({ timeoutMs: 1000 }).then(closed, closed);
  await clock.advance(1100);
  if (!isClosed) wrong.push('close did not end');
  await new Promise((done) => setImmediate(done));
  if (unhandled.length > 0) wrong.push(`${unhandled.splice(0).length} rejections were unhandled`);
  return wrong;
}

describe('F1 property: whatever code that is not ours does, a call with a tier that cannot fail is served, and nothing is left behind', () => {
  test.each(PLACES)('%s', async (_, settingOf) => {
    const faults: string[] = [];
    for (const [way, of] of WAYS) {
      for (const [value, make] of VALUES) {
        const wrong = await tried(settingOf(of(make)));
        if (wrong.length > 0) faults.push(`${way} ${value}: ${wrong.join(', ')}`);
      }
    }
    const wrong = await tried(settingOf(NEVER));
    if (wrong.length > 0) faults.push(`never answers: ${wrong.join(', ')}`);
    expect(faults).toEqual([]);
  });

  test('the tables', () => {
    // What is tried: places × (ways × values + never).
    const tries = PLACES.length * (WAYS.length * VALUES.length + 1);
    console.log(`${PLACES.length} places, ${WAYS.length} ways, ${VALUES.length} values: ${tries} tries`);
    expect(tries).toBeGreaterThan(6500);
  });
});
