import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DecisionFact, FieldView, MonitorReading, MonitorRun } from '../types/index.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { dataQuality, type DataQualityOptions } from './data-quality.ts';
import type { BuiltInContext } from './monitor.ts';
import type { Profile } from './profile/profile.ts';
import { ProfileBuilder } from './profile/profile-builder.ts';
import { InputNumbers } from './input-numbers.ts';
import { MonitorFailures } from './monitor-failures.ts';

type Row = Readonly<Record<string, unknown>>;

const field = (path: string, type: FieldView['type'], changes: Partial<FieldView> = {}): FieldView => ({
  path,
  type,
  optional: true,
  nullable: true,
  ...changes,
});
const FIELDS = [field('age', 'number'), field('home.city', 'string'), field('tags', 'array')];

const context = (input: readonly FieldView[] = FIELDS): BuiltInContext => ({
  model: 'credit',
  target: undefined,
  input,
  output: [],
  kpis: {},
  variants: ['v1'],
  champion: 'v1',
  clock: new VirtualClock(),
  numbers: new InputNumbers(),
  failures: new MonitorFailures(),
  random: seededRandom(1),
});

function rows(seed: number, count: number, missing = 0.05): Row[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => ({
    age: random() < missing ? undefined : 20 + 60 * random(),
    home: { city: random() < 0.5 ? 'Paris' : 'Rome' },
    tags: [],
  }));
}

function profile(): Profile {
  const builder = new ProfileBuilder({ contract: 'credit', input: FIELDS, output: [] });
  for (const row of rows(9, 5000)) builder.add(row);
  return builder.build();
}

const REFERENCE = profile();

function fact(input: unknown, at = 0): DecisionFact {
  return { id: 'd', input, output: {}, tier: 'model', servedBy: 'v1', version: '1', durationMs: 1, at, probability: 1 };
}

const started = (options: DataQualityOptions = { reference: REFERENCE }, input = FIELDS): MonitorRun =>
  dataQuality(options).start(context(input));

function observed(run: MonitorRun, inputs: readonly unknown[]): (measure: string, name?: string) => MonitorReading | undefined {
  for (const input of inputs) run.observe?.(fact(input));
  const readings = run.read(0);
  return (measure, name) => readings.find((one) => one.measure === measure && one.field === name);
}

test('what was usual is ok; few calls say nothing', () => {
  const run = started();
  expect(observed(run, rows(1, 99))('missing', 'age')).toMatchObject({ n: 99, status: 'insufficient' });
  observed(run, rows(2, 900));
  expect(run.read(0).filter(({ status }) => status !== 'ok')).toEqual([]);
});

test('missing values breach above the usual share and three of its deviations, when that is proven', () => {
  const { mean = 0, sigma = 0 } = REFERENCE.chunks?.missing['age'] ?? {};
  expect(mean).toBeCloseTo(0.05, 1);
  const limit = mean + 3 * sigma;
  expect(observed(started(), rows(1, 1000, 0.3))('missing', 'age')).toMatchObject({ status: 'breach', limit });
  // Above the limit, and its interval is not.
  expect(observed(started(), rows(2, 100, limit + 0.02))('missing', 'age')?.status).toBe('ok');
  // The reference has every city: some hundredths are let pass, not more.
  const lost = (each: number) => rows(3, 1000).map((row, at) => (at % each === 0 ? { age: 30 } : row));
  expect(observed(started(), lost(100))('missing', 'home.city')).toMatchObject({ value: 0.01, limit: 0.01, status: 'ok' });
  expect(observed(started(), lost(20))('missing', 'home.city')).toMatchObject({ value: 0.05, status: 'breach' });
  expect(observed(started({ missingAbove: 0.5 }), rows(1, 1000, 0.3))('missing', 'age')).toMatchObject({
    status: 'ok',
    limit: 0.5,
  });
  expect(observed(started({}), rows(1, 1000, 0.9))('missing', 'age')).toMatchObject({ status: 'ok', limit: null });
});

test('numbers out of the reference range warn, and many unseen categories are a breach', () => {
  const inputs = rows(1, 500, 0).map((row, at) => (at % 10 === 0 ? { age: -5, home: { city: `town ${at}` } } : row));
  const reading = observed(started(), inputs);
  expect(reading('out-of-range', 'age')).toMatchObject({ value: 0.1, status: 'warn', n: 500 });
  expect(reading('unseen-category', 'home.city')).toMatchObject({ value: 0.1, status: 'breach' });
  expect(reading('unseen-category', 'home.city')?.reason).toMatch(/about (49|50|51) distinct/u);
});

test('without a reference the contract says what is in range and known', () => {
  const input = [
    field('age', 'integer', { minimum: { value: 0, exclusive: false }, maximum: { value: 120, exclusive: false } }),
    field('plan', 'enum', { values: ['basic', 2, true] }),
  ];
  const inputs = Array.from({ length: 200 }, (_, at) => ({ age: at, plan: ['basic', 2, true, 'gold'][at % 4] }));
  const reading = observed(started({}, input), inputs);
  expect(reading('out-of-range', 'age')).toMatchObject({ value: 79 / 200, status: 'warn' });
  expect(reading('unseen-category', 'plan')).toMatchObject({ value: 0.25, status: 'breach' });
  expect(reading('constant', 'age')).toBeUndefined();
});

test('odd values are counted as what they are and never throw', () => {
  const odd = [
    undefined,
    null,
    5,
    'x',
    {},
    { age: NaN },
    { age: Infinity },
    { age: '7' },
    { age: 30n },
    { home: 3 },
    { home: { city: Symbol('x') } },
  ];
  const reading = observed(started({ reference: REFERENCE, minCases: 1 }), odd);
  expect(reading('missing', 'age')).toMatchObject({ n: 11, value: 8 / 11 });
  expect(reading('wrong-type', 'age')).toMatchObject({ value: 2 / 11, status: 'breach' });
  expect(reading('wrong-type', 'home.city')).toMatchObject({ value: 1 / 11 });
  expect(reading('out-of-range', 'age')).toMatchObject({ n: 3, value: 1 / 3 });
  const run = started();
  run.observe?.(
    fact({
      get age(): number {
        throw new Error('no');
      },
    }),
  );
  expect(run.read(0).at(-1)).toMatchObject({ measure: 'unreadable', status: 'warn' });
});

test('a million categories take a kilobyte and are about a million', () => {
  const run = started();
  for (let at = 0; at < 1_000_000; at++) run.observe?.(fact({ home: { city: `c${at}` } }));
  const told = run.read(0).find(({ measure }) => measure === 'unseen-category');
  const about = Number(/about (\d+) distinct/u.exec(told?.reason ?? '')?.[1]);
  expect(about / 1_000_000).toBeGreaterThan(0.9);
  expect(about / 1_000_000).toBeLessThan(1.1);
});

test('a field that became constant warns until it varies', () => {
  const run = started();
  const stuck = rows(1, 150, 0).map(({ home }) => ({ age: 42, home }));
  expect(observed(run, stuck)('constant', 'age')).toMatchObject({
    value: 150,
    status: 'warn',
    reason: expect.stringContaining('all 42'),
  });
  expect(observed(run, [{ age: 43 }])('constant', 'age')).toMatchObject({ value: 1, status: 'ok' });
});

test('refused inputs count for their field, also when the problem is deep inside it', () => {
  const run = started();
  for (const row of rows(1, 180)) run.observe?.(fact(row));
  for (let at = 0; at < 20; at++) run.invalidInput?.(['age', 'age', 'tags[3].name', `wage${at}`], 0);
  const readings = run.read(0).filter(({ measure }) => measure === 'refused-inputs');
  expect(readings.map(({ field: name, value, n, status }) => [name, value, n, status])).toEqual([
    [undefined, 0.1, 200, 'breach'],
    ['(other)', 0.1, 200, 'breach'],
    ['age', 0.1, 200, 'breach'],
    ['home.city', 0, 200, 'ok'],
    ['tags', 0.1, 200, 'breach'],
  ]);
});

test('what is older than the window is forgotten', () => {
  const run = started({ reference: REFERENCE, window: { ms: 20_000 } });
  for (const [at, row] of rows(1, 200).entries()) run.observe?.(fact(row, at * 10));
  expect(run.read(2000)[0]?.n).toBe(200);
  expect(run.read(60_000)[0]).toMatchObject({ n: 0, status: 'insufficient', value: null });
});

test('four processes merged judge as one over all of it', () => {
  const shown = (run: MonitorRun | undefined): unknown =>
    run?.read(0).flatMap((one) => (one.measure === 'constant' ? [] : [{ ...one, reason: '' }]));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 400 }), fc.integer(), (places, seed) => {
      const [one, ...parts] = Array.from({ length: 5 }, () => started());
      const inputs = rows(seed, places.length, 0.2);
      for (const [at, place] of places.entries()) {
        for (const run of [one, parts[place]]) {
          if (at % 11 === 0) run?.invalidInput?.(['age'], 0);
          else run?.observe?.(fact(at % 7 === 0 ? { age: 'x', home: { city: 'Oslo' } } : inputs[at]));
        }
      }
      const told = parts.map((run, at) => ({ instance: String(at), counters: run.counters?.(0) ?? {} }));
      for (const [at, run] of parts.entries()) {
        run.merge?.([...told, { instance: 'other', counters: { 'missing|wage': 7, nothing: 3 } }]);
        run.merge?.(told.filter((_, other) => other !== at));
        expect(shown(run)).toEqual(shown(one));
      }
    }),
    { numRuns: 30 },
  );
});

test('all wrong options are told, and a contract that cannot be read needs a reference', () => {
  const wrong = { reference: 5, window: { cases: 3 }, minCases: 0, missingAbove: 2, invalidAbove: -1, unusualAbove: NaN };
  expect(dataQuality(wrong as never).problems.map(({ path }) => path)).toEqual([
    'reference',
    'window',
    'minCases',
    'missingAbove',
    'invalidAbove',
    'unusualAbove',
  ]);
  const { input: _, ...unread } = context();
  expect(dataQuality().check?.({ ...unread, input: undefined })).toMatchObject([{ path: 'reference' }]);
  expect(dataQuality().check?.(context())).toEqual([]);
  expect(dataQuality({ reference: REFERENCE }).check?.({ ...context(), model: 'x' })).toMatchObject([
    { path: 'reference.contract' },
  ]);
});

test.each([
  ['a number', 'number', 5],
  ['a text', 'string', 'x'],
  ['a date', 'date', new Date(0)],
  ['a list', 'array', [1]],
  ['an object', 'object', { a: 1 }],
  ['what the schema does not tell', 'unknown', 10n],
] as const)('C4 a reference of 50 rows is enough to see that %s is always missing', (_, type, value) => {
  const fields = [field('f', type), field('other', 'number')];
  const builder = new ProfileBuilder({ contract: 'credit', input: fields, output: [] });
  for (let row = 0; row < 50; row++) builder.add({ f: value, other: row });
  const status = (input: unknown): string | undefined => {
    const run = started({ reference: builder.build() }, fields);
    for (let call = 0; call < 200; call++) run.observe?.(fact(input));
    return run.read(0).find(({ measure, field: of }) => measure === 'missing' && of === 'f')?.status;
  };
  expect([status({ other: 1 }), status({ f: value, other: 1 })]).toEqual(['breach', 'ok']);
  if (type === 'date') expect(status({ f: new Date(Number.NaN), other: 1 })).toBe('breach');
});

test('C4 a profile of a release before, without parts, has the floor too', () => {
  const { chunks: _, ...old } = REFERENCE;
  const run = started({ reference: old });
  for (let call = 0; call < 200; call++) run.observe?.(fact({ home: {} }));
  const missing = run.read(0).filter(({ measure }) => measure === 'missing');
  // Nothing was known of a list then.
  expect(missing.map(({ field: of, status, limit }) => [of, status, limit === null])).toEqual([
    ['age', 'breach', false],
    ['home.city', 'breach', false],
    ['tags', 'ok', true],
  ]);
});

test('G16 a new category warns from a thousandth on, and is a breach where half a percent is proven', () => {
  const statusAt = (share: number): string | undefined => {
    const random = seededRandom(3);
    const run = started();
    for (let call = 0; call < 10_000; call++)
      run.observe?.(fact({ age: 30, home: { city: random() < share ? 'Oslo' : 'Rome' }, tags: [] }));
    return run.read(0).find(({ measure }) => measure === 'unseen-category')?.status;
  };
  expect([0, 0.0005, 0.003, 0.01, 0.05].map(statusAt)).toEqual(['ok', 'ok', 'warn', 'breach', 'breach']);
});

test('C8 a field with a dot in its key is watched', () => {
  const fields = [field('a.b', 'number', { keys: ['a.b'] }), field('o.x.y', 'string', { keys: ['o', 'x.y'] })];
  const builder = new ProfileBuilder({ contract: 'credit', input: fields, output: [] });
  for (let row = 0; row < 200; row++) builder.add({ 'a.b': row, o: { 'x.y': 'z' } });
  const reference = builder.build();
  expect(reference.input).toMatchObject({ 'a.b': { count: 200, max: 199 }, 'o.x.y': { count: 200 } });
  const run = started({ reference }, fields);
  for (let call = 0; call < 200; call++) run.observe?.(fact({ 'a.b': call, o: call % 2 === 0 ? {} : { 'x.y': 'z' } }));
  const missing = run.read(0).filter(({ measure }) => measure === 'missing');
  expect(missing.map(({ field: of, value, status }) => [of, value, status])).toEqual([
    ['a.b', 0, 'ok'],
    ['o.x.y', 0.5, 'breach'],
  ]);
});
