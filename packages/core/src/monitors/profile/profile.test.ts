import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import type { BuiltInContext } from '../monitor.ts';
import { seededRandom } from '../../statistics/seeded-random.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import { UnderstudyError } from '../../errors/index.ts';
import { MissingChunks } from './missing-chunks.ts';
import { parseProfile, type Profile, profileDigest } from './profile.ts';
import { profileFromRows } from './profile-from-rows.ts';
import { trafficProfile } from './traffic-profile.ts';
import { InputNumbers } from '../input-numbers.ts';
import { MonitorFailures } from '../monitor-failures.ts';

const CONTRACT = {
  name: 'credit',
  input: z.object({
    age: z.number().nullish(),
    owner: z.object({ employed: z.boolean(), since: z.date().optional() }),
    plan: z.enum(['a', 'b']).default('a'),
    tags: z.array(z.string()).optional(),
  }),
  output: z.object({ p: z.number() }),
};

const row = (at: number) => ({
  input: { age: at % 10 === 0 ? null : at, owner: { employed: at % 2 === 0 } },
  output: { p: at / 1000 },
});
const ROWS = Array.from({ length: 1000 }, (_, at) => row(at));

const messageOf = (make: () => unknown): string => {
  try {
    make();
  } catch (error) {
    if (UnderstudyError.is(error, 'CONFIGURATION_INVALID')) return error.message;
  }
  throw new Error('expected CONFIGURATION_INVALID');
};

test('numbers, enums, booleans and strings have a profile, of what comes out of the schema; the rest is listed', async () => {
  const profile = await profileFromRows(ROWS, CONTRACT, { at: 0 });
  expect(profile).toMatchObject({
    v: 1,
    contract: 'credit',
    createdAt: '1970-01-01T00:00:00.000Z',
    count: 1000,
    input: {
      age: { kind: 'numeric', count: 900, missing: 100, min: 1, max: 999 },
      'owner.employed': {
        kind: 'categorical',
        categories: [
          { value: 'true', count: 500 },
          { value: 'false', count: 500 },
        ],
      },
      plan: { kind: 'categorical', categories: [{ value: 'a', count: 1000 }] },
    },
    output: { p: { kind: 'numeric', count: 1000 } },
    skipped: ['owner', 'owner.since', 'tags'],
    chunks: { size: 50 },
  });
  expect(profile.chunks?.missing['age']?.mean).toBeCloseTo(0.1, 12);
  expect(profile.chunks?.missing['age']?.sigma).toBeCloseTo(0, 12);
  expect(Object.keys(profile.input)).toEqual(['age', 'owner.employed', 'plan']);
});

test('rows may come from a stream, without outputs; progress is told', async () => {
  async function* stream() {
    for (const { input } of ROWS) yield await Promise.resolve({ input });
  }
  const told: number[] = [];
  const profile = await profileFromRows(stream(), CONTRACT, { onProgress: (rows) => told.push(rows) });
  expect(told).toEqual([1000]);
  expect(profile.output).toEqual({});
});

test('a row that breaks the contract is told by its number and field', async () => {
  const rows = [ROWS[0] ?? row(0), { input: { age: 'old', owner: {} } }];
  await expect(profileFromRows(rows, CONTRACT)).rejects.toThrow(/rows\[1\]\.input\.age[^]*rows\[1\]\.input\.owner\.employed/u);
  await expect(profileFromRows([], CONTRACT)).rejects.toThrow('rows: expected at least 1');
  const opaque = {
    name: 'x',
    input: { '~standard': { version: 1, vendor: 'x', validate: (value: unknown) => ({ value }) } },
  } as const;
  await expect(profileFromRows(ROWS, { ...opaque, output: opaque.input })).rejects.toThrow('expected a zod object');
});

test('an aborted profile ends', async () => {
  await expect(profileFromRows(ROWS, CONTRACT, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});

test('a stored profile reads as it was written, in any order of its keys', async () => {
  const profile = await profileFromRows(ROWS, CONTRACT);
  expect(profile.digest).toMatch(/^[0-9a-f]{32}$/u);
  expect(parseProfile(JSON.stringify(profile))).toEqual(profile);
  const turned = Object.fromEntries(Object.entries(profile).toReversed());
  expect(parseProfile(turned).digest).toBe(profile.digest);
  expect((await profileFromRows(ROWS.slice(1), CONTRACT)).digest).not.toBe(profile.digest);
});

test('what is no profile, an edited one and one of a newer version are refused with the field and the remedy', async () => {
  const profile = await profileFromRows(ROWS, CONTRACT);
  const { age } = profile.input;
  expect(messageOf(() => parseProfile('{'))).toContain('expected JSON');
  expect(messageOf(() => parseProfile(7))).toContain('expected a profile, as profileFromRows() makes one, got 7');
  expect(messageOf(() => parseProfile({ ...profile, v: 2 }))).toContain('v: expected 1, got 2: it was made by a newer version');
  expect(messageOf(() => parseProfile({ ...profile, count: 999 }))).toMatch(
    /digest: expected [0-9a-f]{32}, got "[0-9a-f]{32}": it was changed/u,
  );
  const broken = { ...profile, count: 0, input: { ...profile.input, age: { ...age, counts: [-1] } }, output: { p: 5 } };
  expect(messageOf(() => parseProfile(broken))).toMatch(/count: [^]*input\.age: [^]*output\.p: /u);
  // A digest does not make it right.
  const sealed = { ...broken, digest: profileDigest(broken as never) };
  expect(messageOf(() => parseProfile(sealed))).toMatch(/count: /u);
});

test('anything read is a profile or CONFIGURATION_INVALID', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.anything(),
        fc.record({ v: fc.constant(1), input: fc.object(), output: fc.object(), chunks: fc.object() }),
      ),
      (value) => {
        expect(messageOf(() => parseProfile(value))).toContain('The profile has ');
      },
    ),
  );
});

test('parts of the reference stay few and of equal size, whatever its length', () => {
  const chunks = new MissingChunks(1);
  expect(chunks.share(0)).toBeUndefined();
  const random = seededRandom(1);
  for (let at = 0; at < 100_000; at++) {
    if (random() < 0.2) chunks.missing(0);
    chunks.endRow();
  }
  expect(chunks.size).toBe(3200);
  const { mean, sigma } = chunks.share(0) ?? { mean: 0, sigma: 0 };
  expect(mean).toBeCloseTo(0.2, 2);
  // √(0.2 · 0.8 / 3200)
  expect(sigma).toBeGreaterThan(0.004);
  expect(sigma).toBeLessThan(0.011);
});

test('a profile of live traffic is of so many decisions, and of outputs that a model served', async () => {
  const monitor = trafficProfile({ count: 100 });
  const context: BuiltInContext = {
    model: 'credit',
    target: undefined,
    input: [{ path: 'age', type: 'number', optional: false, nullable: false }],
    output: [{ path: 'p', type: 'number', optional: false, nullable: false }],
    kpis: {},
    variants: ['v1'],
    champion: 'v1',
    clock: new VirtualClock(),
    numbers: new InputNumbers(),
    failures: new MonitorFailures(),
    random: seededRandom(1),
  };
  const run = monitor.start(context);
  for (let at = 0; at < 150; at++) {
    if (at === 50) expect(run.read(0)).toMatchObject([{ value: 50, status: 'insufficient' }]);
    const tier = at % 2 === 0 ? 'model' : 'rules';
    run.observe?.({
      id: 'd',
      input: { age: at },
      output: { p: 1 },
      tier,
      servedBy: '',
      version: '',
      durationMs: 1,
      at,
      probability: 1,
    });
  }
  const profile: Profile = await monitor.profile;
  expect(profile).toMatchObject({ count: 100, input: { age: { count: 100, max: 99 } }, output: { p: { count: 50 } } });
  expect(parseProfile(JSON.stringify(profile))).toEqual(profile);
  expect(run.read(0)).toMatchObject([{ value: 100, status: 'ok' }]);
  expect(monitor.check?.({ ...context, input: undefined, output: undefined })).toMatchObject([{ path: 'input' }]);
  expect(trafficProfile({ count: 1, bins: 1, maxCategories: 0 }).problems.map(({ path }) => path)).toEqual([
    'bins',
    'maxCategories',
    'count',
  ]);
});
