import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { http } from '../adapters/http.ts';
import { openInference } from '../adapters/open-inference.ts';
import { memoryStore } from '../control/memory-store.ts';
import { told, UnderstudyError } from '../errors/index.ts';
import { allowFields } from '../events/redaction.ts';
import { always } from '../fallback/always.ts';
import { checkRules } from '../fallback/check-rules.ts';
import { rules } from '../fallback/rules.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { compose, composeWith } from '../policies/compose.ts';
import { concurrencyLimit } from '../policies/concurrency-limit.ts';
import { guardedFetch } from '../adapters/guarded-fetch.ts';
import { off } from '../policies/merge.ts';
import { retry } from '../policies/retry.ts';
import { timeout } from '../policies/timeout.ts';
import { cosine, sameLabel, sameSide, withinTolerance } from '../routing/comparators.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { createUnderstudy } from './create-understudy.ts';

const revoked = (() => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
})();
type Fits = (value: unknown) => boolean;
const isList = (value: unknown): value is readonly unknown[] => value !== revoked && Array.isArray(value);
const isNumber: Fits = (value) => typeof value === 'number' && !Number.isNaN(value);
/** What each kind of option may be, said a second time and in other words than the reader's. */
const KIND = {
  count: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  countOr0: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  ms: (value) => Number.isFinite(value) && (value as number) > 0,
  msOr0: (value) => Number.isFinite(value) && (value as number) >= 0,
  msOrNever: (value) => isNumber(value) && (value as number) > 0,
  share: (value) => isNumber(value) && (value as number) > 0 && (value as number) <= 1,
  shareOr0: (value) => isNumber(value) && (value as number) >= 0 && (value as number) <= 1,
  shareOrFalse: (value) => value === false || (isNumber(value) && (value as number) > 0 && (value as number) <= 1),
  countOrFalse: (value) => value === false || (Number.isSafeInteger(value) && (value as number) >= 1),
  factor: (value) => isNumber(value) && (value as number) >= 1 && (value as number) <= 100,
  finite: (value) => Number.isFinite(value),
  notNegative: (value) => isNumber(value) && (value as number) >= 0,
  cosine: (value) => isNumber(value) && Math.abs(value as number) <= 1,
  text: (value) => typeof value === 'string' && value !== '',
  field: (value) => ['string', 'number', 'symbol'].includes(typeof value),
  flag: (value) => typeof value === 'boolean',
  callback: (value) => typeof value === 'function',
  unit: (value) => typeof value === 'string' || typeof value === 'bigint' || Number.isFinite(value),
  /** None of the values below. */
  special: () => false,
  anything: () => true,
} as const satisfies Record<string, Fits>;

const throwing = Object.defineProperty({}, 'name', {
  enumerable: true,
  get: () => {
    throw Object.create(null);
  },
});
/** A deep list, a date, an object with odd names: nothing that an option could be, and numbers and texts that some are. */
const VALUES: readonly unknown[] = [
  null,
  Number.NaN,
  Infinity,
  -Infinity,
  -1,
  -0.5,
  0,
  0.5,
  1,
  1.5,
  2,
  101,
  2 ** 31,
  2 ** 53,
  1e308,
  5e-324,
  10n,
  '',
  'x',
  '1000',
  true,
  false,
  Symbol('x'),
  [],
  [null],
  [1],
  ['a'],
  {},
  Object.create(null),
  new Date(0),
  new Map(),
  new Map([['ms', 1]]),
  new URLSearchParams('ms=1'),
  Promise.resolve({}),
  () => undefined,
  /x/,
  revoked,
  throwing,
];

/** What is no object with options although it has none that is wrong. */
const odd: ReadonlySet<unknown> = new Set(
  VALUES.filter(
    (value) =>
      value === revoked ||
      value === throwing ||
      value instanceof Map ||
      value instanceof URLSearchParams ||
      value instanceof Promise,
  ),
);

/** A factory or a call, with an option of each kind that it has, right as they are. Add a row, and every value is tried for each. */
interface Row {
  readonly name: string;
  /** Makes the thing; for a call, the promise of its result. */
  readonly make: (options: never) => unknown;
  readonly right: Readonly<Record<string, unknown>>;
  readonly kinds: Readonly<Record<string, keyof typeof KIND>>;
  /** Whether the options themselves may be left out. */
  readonly optional?: boolean;
}

const input = z.object({ x: z.number() });
const output = z.object({ y: z.number() });
const contract = { name: 'm', input, output };
const variants = { v1: { predictor: () => ({ y: 1 }), version: '1' } };
const clock = new VirtualClock();
const define = (options: object, given: object = contract): { close(): Promise<void> } => {
  const model = createUnderstudy({ clock }).defineModel(given as typeof contract, options as never);
  return model;
};
const model = createUnderstudy().defineModel(contract, { variants, champion: 'v1' });
const operator = { by: { id: 'ana', roles: ['owner'] }, reason: 'a test' };

const COMPOSED = {
  name: 'text',
  clock: 'special',
  random: 'callback',
  classify: 'callback',
  failsOn: 'callback',
  onEvent: 'callback',
  maxThrottleMs: 'msOr0',
} as const;

const ROWS: readonly Row[] = [
  { name: 'timeout', make: timeout, right: { ms: 5 }, kinds: { ms: 'msOrNever' } },
  {
    name: 'retry',
    make: retry,
    optional: true,
    right: {},
    kinds: {
      attempts: 'count',
      baseMs: 'msOr0',
      capMs: 'msOr0',
      factor: 'factor',
      jitter: 'special',
      throttledBaseMs: 'msOr0',
      throttledCapMs: 'msOr0',
      budgetShare: 'share',
      budgetMin: 'countOr0',
    },
  },
  {
    name: 'circuitBreaker',
    make: circuitBreaker,
    optional: true,
    right: {},
    kinds: {
      failureRate: 'shareOrFalse',
      minCalls: 'count',
      windowMs: 'ms',
      consecutiveFailures: 'countOrFalse',
      slowCallMs: 'msOrNever',
      slowCallRate: 'shareOrFalse',
      openMs: 'ms',
      factor: 'factor',
      jitter: 'special',
      probeLeaseMs: 'ms',
      endpoint: 'text',
    },
  },
  {
    name: 'concurrencyLimit',
    make: concurrencyLimit,
    optional: true,
    right: {},
    kinds: { limit: 'count', maxQueue: 'countOr0' },
  },
  {
    name: 'composeWith',
    make: (options) => composeWith(options, timeout({ ms: 5 })),
    right: {},
    optional: true,
    kinds: COMPOSED,
  },
  {
    name: 'guardedFetch',
    make: (options) => guardedFetch([], options),
    right: {},
    optional: true,
    kinds: {
      ...COMPOSED,
      deadlineMs: 'msOrNever',
      fetch: 'callback',
    },
  },
  {
    name: 'the streams of guardedFetch',
    make: (stream) => guardedFetch([], stream === undefined ? {} : { stream }),
    right: {},
    optional: true,
    kinds: { connectMs: 'msOrNever', firstContentMs: 'msOrNever', idleMs: 'msOrNever' },
  },
  {
    name: 'a composed call',
    make: (options) => compose(timeout({ ms: 1000 }))(() => 1, options),
    right: {},
    optional: true,
    kinds: { signal: 'special', deadlineMs: 'msOrNever', priority: 'finite', repeatable: 'flag' },
  },
  {
    name: 'http',
    make: http,
    right: { url: 'https://host' },
    kinds: {
      url: 'callback',
      method: 'special',
      body: 'callback',
      parse: 'callback',
      idempotencyHeader: 'text',
      maxResponseBytes: 'count',
      fetch: 'callback',
      ky: 'callback',
      clock: 'special',
    },
  },
  {
    name: 'openInference',
    make: openInference,
    right: { url: 'https://host', model: 'm' },
    kinds: {
      url: 'special',
      model: 'text',
      version: 'text',
      inputs: 'callback',
      output: 'callback',
      idempotencyHeader: 'text',
      maxResponseBytes: 'count',
      fetch: 'callback',
      ky: 'callback',
    },
  },
  {
    name: 'always',
    make: (options) => always({ y: 1 }, options),
    right: {},
    optional: true,
    kinds: { name: 'text', version: 'text' },
  },
  { name: 'memoryStore', make: memoryStore, right: {}, optional: true, kinds: { acceptLoss: 'flag' } },
  {
    name: 'withinTolerance',
    make: (options) => withinTolerance('y' as never, options),
    right: {},
    optional: true,
    kinds: { absolute: 'notNegative', relative: 'notNegative' },
  },
  {
    name: 'checkRules',
    make: (options) => checkRules({ name: 'r', version: '1', rows: [] }, contract, options),
    right: {},
    optional: true,
    kinds: { budget: 'msOr0', limit: 'count' },
  },
  {
    name: 'rules',
    make: rules,
    right: { name: 'r', version: '1', rows: [] },
    kinds: { name: 'text', version: 'text', hitPolicy: 'special', rows: 'special', combine: 'special' },
  },
  {
    name: 'createUnderstudy',
    make: createUnderstudy,
    optional: true,
    right: {},
    kinds: {
      application: 'text',
      environment: 'text',
      redact: 'special',
      store: 'special',
      authorize: 'callback',
      signer: 'special',
      refreshMs: 'ms',
      startupWaitMs: 'msOr0',
      traceContext: 'callback',
      waitUntil: 'callback',
      clock: 'special',
      random: 'callback',
    },
  },
  {
    name: 'sampling',
    make: (sampling) => createUnderstudy({ sampling }),
    right: {},
    optional: true,
    kinds: { routine: 'shareOr0', slowMs: 'msOr0' },
  },
  {
    name: 'defineModel',
    make: define,
    right: { variants, champion: 'v1' },
    kinds: {
      variants: 'special',
      champion: 'special',
      assign: 'callback',
      hash: 'special',
      classify: 'callback',
      deadlineMs: 'msOrNever',
      maxThrottleMs: 'msOr0',
      rollout: 'special',
      allocation: 'special',
      replace: 'flag',
    },
  },
  {
    name: 'the contract',
    make: (given: object) => define({ variants, champion: 'v1' }, given),
    right: contract,
    kinds: { name: 'text', input: 'special', output: 'special', truth: 'special', target: 'special' },
  },
  {
    name: 'a variant',
    make: (v1) => define({ variants: { v1 }, champion: 'v1' }),
    right: variants.v1,
    kinds: { predictor: 'callback', version: 'text', effects: 'special' },
  },
  {
    name: 'a shadow',
    make: (v2) => define({ variants: { ...variants, v2: { ...variants.v1, version: '2' } }, champion: 'v1', shadow: { v2 } }),
    right: {},
    optional: true,
    kinds: {
      sampleRate: 'shareOr0',
      compare: 'callback',
      concurrency: 'count',
      timeoutMs: 'ms',
      maxPerMinute: 'count',
      allowEffects: 'flag',
    },
  },
  {
    name: 'outcomes',
    make: (outcomes) => define({ variants, champion: 'v1', outcomes }),
    right: {},
    optional: true,
    kinds: { windowMs: 'ms' },
  },
  {
    name: 'predict',
    make: (options) => model.predict({ x: 1 }, options),
    right: {},
    optional: true,
    kinds: { unit: 'unit', tenant: 'text', priority: 'finite', signal: 'special', deadlineMs: 'msOrNever', within: 'special' },
  },
  {
    name: 'predictMany',
    make: (options) => model.predictMany([], options),
    right: {},
    optional: true,
    kinds: {
      tenant: 'text',
      priority: 'finite',
      signal: 'special',
      deadlineMs: 'msOrNever',
      concurrency: 'count',
      unit: 'callback',
      onProgress: 'callback',
    },
  },
  {
    name: 'ready',
    make: (options) => createUnderstudy({ clock }).ready(options),
    right: {},
    optional: true,
    kinds: { timeoutMs: 'notNegative' },
  },
  {
    name: 'flush',
    make: (options) => createUnderstudy({ clock }).flush(options),
    right: {},
    optional: true,
    kinds: { timeoutMs: 'notNegative' },
  },
  {
    name: 'close',
    make: (options) => createUnderstudy({ clock }).close(options),
    right: {},
    optional: true,
    kinds: { timeoutMs: 'notNegative' },
  },
  {
    name: 'a command',
    make: (note) => createUnderstudy().defineModel(contract, { variants, champion: 'v1' }).control.pause(note),
    right: operator,
    kinds: { by: 'special', reason: 'text' },
  },
  {
    name: 'an operator',
    make: (by) => createUnderstudy().defineModel(contract, { variants, champion: 'v1' }).control.pause({ by, reason: 'x' }),
    right: operator.by,
    kinds: { id: 'text', roles: 'special' },
  },
];

/** Roles that are a list of texts, and a list of rows or sinks that is empty, are right. */
const isException = (name: string, option: string, value: unknown): boolean =>
  isList(value) &&
  ((option === 'roles' && value.every((role) => typeof role === 'string')) ||
    (name === 'rules' && option === 'rows' && value.length === 0));

type Ended = 'accepted' | 'refused' | 'raw' | 'pathless';

/** Whatever a factory throws, or a call rejects with. */
async function ended(make: () => unknown): Promise<Ended> {
  try {
    await make();
    return 'accepted';
  } catch (error) {
    if (!UnderstudyError.is(error)) return 'raw';
    if (!['CONFIGURATION_INVALID', 'INPUT_INVALID', 'RULES_INVALID', 'UNKNOWN_VARIANT'].includes(error.code)) return 'raw';
    const { problems = [] } = error.details;
    return problems.length > 0 && problems.every(({ path }) => path !== '' && !path.endsWith('.')) ? 'refused' : 'pathless';
  }
}

function shown(value: unknown): string {
  if (value === revoked) return 'a revoked proxy';
  if (value === throwing) return 'a getter that throws';
  return told(value);
}

describe('B4, F11 property: an option is right, or it is refused with its path', () => {
  const counts = { tried: 0, wrongly: 0, raw: 0, pathless: 0, refusedWrongly: 0 };
  const count = (how: Ended, isRight: boolean): boolean => {
    counts.tried++;
    if (how === 'raw') counts.raw++;
    if (how === 'pathless') counts.pathless++;
    if (how === 'accepted' && !isRight) counts.wrongly++;
    if (how === 'refused' && isRight) counts.refusedWrongly++;
    return how === (isRight ? 'accepted' : 'refused');
  };

  test.each(ROWS)('$name', async ({ name, make, right, kinds, optional = false }) => {
    const faults: string[] = [];
    const attempt = async (what: string, options: unknown, isRight: boolean): Promise<void> => {
      const how = await ended(() => make(options as never));
      if (!count(how, isRight)) faults.push(`${what}: ${how}`);
    };
    await attempt('what is right', right, true);
    for (const [option, kind] of Object.entries(kinds)) {
      for (const value of VALUES) {
        const isRight = KIND[kind](value) || isException(name, option, value);
        await attempt(`${option}: ${shown(value)}`, { ...right, [option]: value }, isRight);
      }
      await attempt(`${option}: undefined`, { ...right, [option]: undefined }, !(option in right));
      // An operator may have more than a note needs.
      const isKnown = `${option}s` in kinds || `${option}s` in right || name === 'an operator';
      await attempt(`${option}s`, { ...right, [`${option}s`]: 1 }, isKnown);
    }
    for (const value of VALUES) {
      // An object without anything in it says nothing that is wrong.
      const isEmpty = optional && typeof value === 'object' && value !== null && !odd.has(value) && !isList(value);
      await attempt(`options: ${shown(value)}`, value, isEmpty);
    }
    expect(faults).toEqual([]);
  });

  test.each([
    ['sameLabel', sameLabel, KIND.field],
    ['sameSide', sameSide, KIND.field],
    ['cosine', (field: never) => cosine(field, 0.5), KIND.field],
    ['sameSide, threshold', (threshold: never) => sameSide('y' as never, threshold), KIND.finite],
    ['cosine, minimum', (minimum: never) => cosine('y' as never, minimum), KIND.cosine],
    ['off', off, KIND.text],
    ['compose', (policy: never) => compose(policy), () => false],
    ['allowFields', (paths: never) => allowFields(paths), (value: unknown) => isList(value) && value.length === 0],
  ] as const)('%s', async (_, make, fits) => {
    const faults: string[] = [];
    for (const value of VALUES) {
      const how = await ended(() => (make as (value: never) => unknown)(value as never));
      if (!count(how, fits(value))) faults.push(`${shown(value)}: ${how}`);
    }
    expect(faults).toEqual([]);
  });

  test('the counts', () => {
    const { tried, wrongly, raw, pathless, refusedWrongly } = counts;
    const told = `accepted wrongly ${wrongly}, raw errors ${raw}, without a path ${pathless}`;
    console.log(`${tried} options: ${told}`);
    expect(tried).toBeGreaterThan(5000);
    expect(told).toBe('accepted wrongly 0, raw errors 0, without a path 0');
    expect(refusedWrongly).toBe(0);
  });
});
