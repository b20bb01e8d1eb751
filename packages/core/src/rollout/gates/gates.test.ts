import { describe, expect, test } from 'vitest';
import { Problems } from '../../errors/index.ts';
import type { CallFact, EvidenceTest, Tally } from '../../types/index.ts';
import { type AnyGate, checkRollout, rolloutPlan } from '../rollout-options.ts';
import { usageOf } from '../../../tests/support/usage.ts';
import { agreement } from './agreement.ts';
import { errorRate } from './error-rate.ts';
import { gate } from './gate.ts';
import { kpi } from './kpi.ts';
import { quality } from './quality.ts';
import { sampleRatio } from './sample-ratio.ts';
import { slowCalls } from './slow-calls.ts';
import { spend } from './spend.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CONTEXT = { variants: ['a', 'b'], champion: 'a', kpis: ['saved'], storeProblem: undefined, trustsOutcomes: true };
const fine = { challenger: 'b', gates: [errorRate({ maxRatio: 1.5 })] };

/** The paths of everything that is wrong, in order. */
function pathsOf(options: unknown, context: object = {}): string[] {
  return problemsOf(options, context).map(({ path }) => path);
}
function problemsOf(options: unknown, context: object = {}): readonly { readonly path: string; readonly message: string }[] {
  const problems = new Problems();
  checkRollout(options, { ...CONTEXT, ...context }, problems);
  return problems.list;
}
test('options of a wrong type are named, none is a TypeError', () => {
  const broken = {
    ...fine,
    shadow: null,
    alpha: '0.05',
    gates: [{ name: 'mine' }, kpi('saved', { maxLoss: 1, range: 5 as never })],
  };
  expect(pathsOf(broken)).toEqual(['.shadow', '.gates[0]', '.alpha', '.gates[1].range'].map((path) => `options.rollout${path}`));
  expect(pathsOf({ ...fine, gates: [{ ...errorRate({ maxRatio: 2 }), weight: '1', staleAfterMs: '5' }] })).toEqual(
    ['weight', 'staleAfterMs'].map((name) => `options.rollout.gates[0].${name}`),
  );
});

const check = (): { verdict: 'proceed'; reason: string } => ({ verdict: 'proceed', reason: '' });

describe('valid options have no problem', () => {
  test.each<[string, object]>([
    ['the least', fine],
    [
      'all of them',
      {
        challenger: 'b',
        shadow: { sampleRate: 0.2, minPairs: 1 },
        canaryShares: [0.0001, 0.0555, 0.98],
        holdbackShare: 0.02,
        bakeMs: 0,
        maxBakeMs: 1,
        cooldownMs: 0,
        minUnits: 1,
        alpha: 0.01,
        approval: 'manual',
        onInconclusive: 'roll-back',
        gates: [
          errorRate({ maxRatio: 1.5, weight: 2, negligibleRate: 0, expectedRate: 0.2, staleAfterMs: Infinity }),
          slowCalls({ overMs: 300, maxRatio: 2 }),
          quality({ score: () => 1, maxLoss: 0.1, range: [0, 1], maturityMs: HOUR }),
          agreement({ minAgreement: 0.9 }),
          kpi('saved', { maxLoss: 1 }),
          spend({ cost: () => 1, maxLoss: 0.01 }),
          sampleRatio({ alpha: 0.01 }),
          gate({ name: 'alerts', check }),
        ],
      },
    ],
    ['a bake longer than the default maximum', { ...fine, bakeMs: 30 * DAY }],
    [
      'two gates of one kind with two names',
      { ...fine, gates: [errorRate({ maxRatio: 2 }), errorRate({ name: 'strict', maxRatio: 1.1 })] },
    ],
    ['a check alone', { ...fine, gates: [gate({ name: 'alerts', check })] }],
  ])('%s', (_, options) => {
    expect(problemsOf(options)).toEqual([]);
  });
});

test('everything that is wrong is told at once, each with its path', () => {
  const wrong = {
    challenger: 'nope',
    shadow: { sampleRate: 0, minPairs: 0 },
    canaryShares: [0.05, 0.05, 1, 0.60001, 0.99],
    holdbackShare: 1,
    bakeMs: -1,
    maxBakeMs: Number.NaN,
    cooldownMs: Infinity,
    minUnits: 0,
    alpha: 0.5,
    approval: 'maybe',
    onInconclusive: 'wait',
    gates: [
      errorRate({ maxRatio: 1, expectedRate: 1, negligibleRate: -0.1, weight: 0 }),
      slowCalls({ overMs: 0, maxRatio: Infinity }),
      quality({ score: () => 1, maxLoss: 0, range: [1, 0], maturityMs: -1 }),
      kpi('savings', { maxLoss: -1, staleAfterMs: 0 }),
      agreement({ minAgreement: 1 }),
      spend({ cost: () => 1, maxLoss: 2, range: [0, 2] }),
      sampleRatio({ alpha: 0 }),
      gate({ name: '', check }),
      errorRate({ maxRatio: 2 }),
      'errorRate',
      errorRate({ name: 'a|b', maxRatio: 2 }),
      errorRate({ name: 'units', maxRatio: 2 }),
    ],
  };
  expect(
    pathsOf(wrong, { storeProblem: 'the memory store forgets', trustsOutcomes: false }).map((path) =>
      path.replace('options.rollout', ''),
    ),
  ).toEqual([
    '.challenger',
    '.shadow.sampleRate',
    '.shadow.minPairs',
    '.canaryShares[1]',
    '.canaryShares[2]',
    '.canaryShares[3]',
    '.holdbackShare',
    '.bakeMs',
    '.maxBakeMs',
    '.cooldownMs',
    '.minUnits',
    '.gates[9]',
    '.alpha',
    '.approval',
    '.onInconclusive',
    '',
    '.gates[0].weight',
    '.gates[0].maxRatio',
    '.gates[0].expectedRate',
    '.gates[0].negligibleRate',
    '.gates[1].maxRatio',
    '.gates[1].overMs',
    '.gates[2].maturityMs',
    '.gates[2].maxLoss',
    '.gates[2].range',
    '.gates[2]',
    '.gates[3].staleAfterMs',
    '.gates[3].maxLoss',
    '.gates[3]',
    '.gates[3]',
    '.gates[4].minAgreement',
    '.gates[5].maxLoss',
    '.gates[6].alpha',
    '.gates[7].name',
    '.gates[8]',
    '.gates[10]',
    '.gates[11]',
  ]);
});

describe('a problem by itself', () => {
  const only = (options: unknown, context: object = {}): { readonly path: string; readonly message: string } => {
    const [first, ...more] = problemsOf(options, context);
    expect(more).toEqual([]);
    if (first === undefined) throw new Error('no problem');
    return first;
  };

  test.each([null, undefined, 'b', 1])('options %s', (options) => {
    expect(only(options)).toEqual({
      path: 'options.rollout',
      message: expect.stringContaining('expected options, such as { challenger, gates }, got '),
    });
  });
  test('the champion as its own challenger', () => {
    expect(only({ ...fine, challenger: 'a' })).toEqual({
      path: 'options.rollout.challenger',
      message: 'expected another variant than the champion a, got "a"',
    });
  });
  test('a challenger that is no variant', () => {
    expect(only({ ...fine, challenger: 'c' }).message).toBe('expected one of "a", "b", got "c"');
  });
  test('what the store says', () => {
    expect(only(fine, { storeProblem: 'it forgets' })).toEqual({ path: 'options.rollout', message: 'it forgets' });
  });
  test('stage and holdback over 100 % together', () => {
    expect(only({ ...fine, canaryShares: [0.05, 0.97], holdbackShare: 0.0301 })).toEqual({
      path: 'options.rollout.holdbackShare',
      message: 'expected at most 0.03: the last canary stage (0.97) and the holdback are over 1 together, got 0.0301',
    });
  });
  test.each([[[]], [Array.from({ length: 13 }, (_, index) => (index + 1) / 100)], ['5']])('stages %j', (canaryShares) => {
    expect(only({ ...fine, canaryShares }).path).toBe('options.rollout.canaryShares');
  });
  test.each([[[0]], [[-0.05]], [[Number.NaN]], [[5]], [[0.05001]], [['5']]])('a stage of %j', (canaryShares) => {
    expect(only({ ...fine, canaryShares }).path).toBe('options.rollout.canaryShares[0]');
  });
  test('a maximum bake under the bake, also where that is the default', () => {
    expect(only({ ...fine, maxBakeMs: HOUR - 1 })).toEqual({
      path: 'options.rollout.maxBakeMs',
      message: 'expected milliseconds of at least bakeMs, 3600000, got 3599999',
    });
    expect(only({ ...fine, bakeMs: 2000, maxBakeMs: 1999 }).path).toBe('options.rollout.maxBakeMs');
  });
  test('no list of gates', () => {
    expect(only({ challenger: 'b' }).path).toBe('options.rollout.gates');
  });
  test.each([
    ['none', []],
    ['the sample ratio alone', [sampleRatio()]],
  ])('nothing that decides: %s', (_, gates) => {
    expect(only({ ...fine, gates }).path).toBe('options.rollout.gates');
  });
  test('shadow alone decides about no canary', () => {
    expect(only({ ...fine, shadow: {}, gates: [agreement({ minAgreement: 0.9 })] }).path).toBe('options.rollout.gates');
  });
  test('agreement without a shadow stage', () => {
    const { path, message } = only({ ...fine, gates: [errorRate({ maxRatio: 2 }), agreement({ minAgreement: 0.9 })] });
    expect(path).toBe('options.rollout.gates[1]');
    expect(message).toContain('the rollout has no shadow stage');
  });
  test('quality needs none', () => {
    expect(problemsOf({ ...fine, gates: [quality({ score: () => 1, maxLoss: 1 })] })).toEqual([]);
  });
  test('a KPI that the contract has not, or where it has none', () => {
    const gates = [kpi('savings', { maxLoss: 1 })];
    expect(only({ ...fine, gates }).message).toBe(`expected one of the contract's KPIs saved, got "savings"`);
    expect(only({ ...fine, gates }, { kpis: [] }).message).toBe(
      `expected one of the contract's KPIs, of which it has none, got "savings"`,
    );
  });
  test.each([
    ['kpi', kpi('saved', { maxLoss: 1 })],
    ['quality', quality({ score: () => 1, maxLoss: 1 })],
  ])('%s on outcomes that anybody could forge has no data source', (_, untrusted) => {
    expect(only({ ...fine, gates: [untrusted] }, { trustsOutcomes: false })).toMatchObject({
      path: 'options.rollout.gates[0]',
      message: expect.stringMatching(/no data source.*hmacSigner/s) as string,
    });
  });
  test('calls need no seal', () => {
    expect(
      problemsOf(
        { ...fine, gates: [errorRate({ maxRatio: 2 }), spend({ cost: () => 1, maxLoss: 1 })] },
        { trustsOutcomes: false },
      ),
    ).toEqual([]);
  });
  test('two gates of one name', () => {
    expect(
      only({ ...fine, gates: [errorRate({ maxRatio: 2 }), slowCalls({ name: 'errorRate', maxRatio: 2, overMs: 1 })] }).path,
    ).toBe('options.rollout.gates[1]');
  });
  test.each([
    ['score', () => quality({ score: 'x' as never, maxLoss: 1 })],
    ['cost', () => spend({ cost: 'none' as never, maxLoss: 1 })],
    ['check', () => gate({ name: 'x', check: true as never })],
  ])('%s that is no function', (path, make) => {
    expect(only({ ...fine, gates: [make()] }).path).toBe(`options.rollout.gates[0].${path}`);
  });
  test.each([0, -1, Number.NaN, Infinity])('a weight of %d', (weight) => {
    expect(only({ ...fine, gates: [errorRate({ maxRatio: 2, weight })] }).path).toBe('options.rollout.gates[0].weight');
  });
});

describe('defaults', () => {
  test('of a plan', () => {
    expect(rolloutPlan(fine, 'p')).toEqual({
      challenger: 'b',
      pair: 'p',
      minPairs: undefined,
      weights: [500, 2500, 5000, 9800],
      bakeMs: HOUR,
      maxBakeMs: 14 * DAY,
      cooldownMs: DAY,
      minUnits: 100,
      gates: fine.gates,
      alpha: 0.05,
      approval: 'automatic',
      onInconclusive: 'hold',
    });
    expect(
      rolloutPlan({ ...fine, shadow: {}, bakeMs: 8 * DAY, canaryShares: [0.0029, 0.0501], holdbackShare: 0.0001 }, 'p'),
    ).toMatchObject({ minPairs: 500, maxBakeMs: 16 * DAY, weights: [29, 501, 9999] });
  });
  test('of when evidence is stale: an hour, for outcomes a day or twice their maturity', () => {
    expect(errorRate({ maxRatio: 2 })).toMatchObject({ name: 'errorRate', weight: 1, staleAfterMs: HOUR });
    expect(kpi('saved', { maxLoss: 1 })).toMatchObject({ name: 'kpi:saved', maturityMs: 0, staleAfterMs: DAY });
    expect(quality({ score: () => 1, maxLoss: 1, maturityMs: 3 * DAY })).toMatchObject({
      name: 'quality',
      maturityMs: 3 * DAY,
      staleAfterMs: 6 * DAY,
    });
    expect(quality({ score: () => 1, maxLoss: 1, maturityMs: 3 * DAY, staleAfterMs: 5 })).toMatchObject({ staleAfterMs: 5 });
    expect(sampleRatio()).toMatchObject({ sampleRatioAlpha: 0.001 });
  });
});

const fact: CallFact = { input: { size: 2 }, output: { tokens: 7 }, failed: false, durationMs: 100 };

function measureOf({ canary }: Pick<AnyGate, 'canary'>): (fact: CallFact) => number | undefined {
  if (canary?.source.kind !== 'call') throw new Error('no call gate');
  return canary.source.measure;
}
function testOf(gates: Pick<AnyGate, 'canary'>, better: 'higher' | 'lower' = 'higher'): EvidenceTest {
  if (gates.canary === undefined) throw new Error('no canary');
  return gates.canary.test(better);
}
/** Evidence after `units` pairs of units, with these values on the champion and on the challenger. */
function verdictOf(
  evidence: EvidenceTest,
  champion: (index: number) => number,
  challenger: (index: number) => number,
  units = 2000,
): 'harm' | 'proof' | 'none' {
  const tally: Tally = evidence.tally();
  for (let index = 0; index < units; index++) {
    tally.add(champion(index), false, 0.5);
    tally.add(challenger(index), true, 0.5);
  }
  const { logHarm, logProof } = evidence.prove([{ probability: 0.5, counters: tally.counters() }], 0.05);
  if (logHarm >= 3) return 'harm';
  return logProof >= 3 ? 'proof' : 'none';
}

describe('what gates measure', () => {
  test('errorRate: that the assigned variant failed', () => {
    const measure = measureOf(errorRate({ maxRatio: 2 }));
    expect([measure(fact), measure({ ...fact, failed: true })]).toEqual([0, 1]);
  });
  test('slowCalls: longer than the limit', () => {
    const measure = measureOf(slowCalls({ maxRatio: 2, overMs: 100 }));
    expect([measure(fact), measure({ ...fact, durationMs: 100.1 })]).toEqual([0, 1]);
  });
  test('spend: what the callback says of the call', () => {
    const measure = measureOf(
      spend<{ size: number }, { tokens: number }>({
        cost: ({ input, output, durationMs }) => (output === undefined ? undefined : input.size * output.tokens + durationMs),
        maxLoss: 1,
      }),
    );
    expect(measure(fact)).toBe(114);
    expect(measure({ ...fact, output: undefined })).toBeUndefined();
  });
  test('spend without a cost: the usage of the call, in US dollars or in tokens', () => {
    const usage = usageOf({ total: 100 }, { total: 20 }, 3000);
    const [cost, tokens] = [measureOf(spend({ maxLoss: 1 })), measureOf(spend({ maxLoss: 1, of: 'tokens' }))];
    expect([cost(fact), tokens(fact)]).toEqual([undefined, undefined]);
    expect([cost({ ...fact, usage }), tokens({ ...fact, usage })]).toEqual([0.003, 120]);
    expect(cost({ ...fact, usage: usageOf({ total: 1 }, {}, null) })).toBeNaN();
    expect(spend({ maxLoss: 1, of: 'tokens', cost: () => 1 }).problems).toMatchObject([{ path: 'of' }]);
    expect(spend({ maxLoss: 1, of: 'money' as never }).problems).toMatchObject([{ path: 'of' }]);
  });
  test('slowCalls of first content: calls without any do not count', () => {
    const measure = measureOf(slowCalls({ maxRatio: 2, overMs: 100, of: 'first-content' }));
    expect([undefined, 100, 101].map((firstContentMs) => measure({ ...fact, durationMs: 5000, firstContentMs }))).toEqual([
      undefined,
      0,
      1,
    ]);
  });
  test('quality: the score of a decision, also in shadow, where its differences have twice the range', () => {
    const scored = quality<unknown, { p: number }, number>({
      score: ({ output }, truth) => -Math.abs(output.p - truth),
      maxLoss: 0.1,
      range: [-1, 0],
    });
    const source = scored.canary?.source;
    expect(source?.kind === 'truth' ? source.score({ id: '1', input: 0, output: { p: 0.25 } }, 1) : undefined).toBe(-0.75);
    expect(scored.shadow?.source).toBe(source);
    expect([scored.canary?.range, scored.shadow?.range]).toEqual([
      [-1, 0],
      [-1, 1],
    ]);
    expect(quality({ score: () => 1, maxLoss: 1 }).shadow).not.toHaveProperty('range');
  });
  test('agreement is asked in shadow only', () => {
    expect(agreement({ minAgreement: 0.9 })).not.toHaveProperty('canary');
    expect(kpi('saved', { maxLoss: 1 })).not.toHaveProperty('shadow');
  });
});

describe('which way is better', () => {
  const [low, high] = [(index: number): number => 2 + (index % 3), (index: number): number => 5 + (index % 3)];
  const [maxLoss, range] = [1, [0, 10] as const];

  test.each<[string, EvidenceTest, 'up' | 'down']>([
    ['spend', testOf(spend({ cost: () => 1, maxLoss })), 'down'],
    ['spend with a range', testOf(spend({ cost: () => 1, maxLoss, range })), 'down'],
    ['a KPI, higher is better', testOf(kpi('saved', { maxLoss })), 'up'],
    ['a KPI with a range, higher is better', testOf(kpi('saved', { maxLoss, range })), 'up'],
    ['a KPI, lower is better', testOf(kpi('saved', { maxLoss }), 'lower'), 'down'],
    ['a KPI with a range, lower is better', testOf(kpi('saved', { maxLoss, range }), 'lower'), 'down'],
    ['quality', testOf(quality({ score: () => 1, maxLoss })), 'up'],
    ['quality with a range', testOf(quality({ score: () => 1, maxLoss, range })), 'up'],
  ])('%s', (_, evidence, better) => {
    expect(verdictOf(evidence, low, high)).toBe(better === 'up' ? 'proof' : 'harm');
    expect(verdictOf(evidence, high, low)).toBe(better === 'up' ? 'harm' : 'proof');
    expect(verdictOf(evidence, low, low)).toBe('proof');
  });

  test.each<[string, EvidenceTest | undefined]>([
    ['quality in shadow', quality({ score: () => 1, maxLoss: 0.1 }).shadow?.test('higher')],
    ['quality in shadow with a range', quality({ score: () => 1, maxLoss: 0.1, range: [0, 1] }).shadow?.test('higher')],
  ])('%s', (_, evidence) => {
    if (evidence === undefined) throw new Error('no shadow');
    const differences = (mean: number): string =>
      verdictOf(
        evidence,
        (index) => mean + 0.2 * (index % 3) - 0.2,
        (index) => mean + 0.2 * (index % 3) - 0.2,
      );
    expect([differences(0.3), differences(-0.3), differences(0)]).toEqual(['proof', 'harm', 'proof']);
  });

  test('the bound and the estimate are in the unit of the score', () => {
    const evidence = testOf(kpi('saved', { maxLoss: 1, range: [0, 10] }));
    const tally = evidence.tally();
    for (let index = 0; index < 4000; index++) tally.add(index % 2 === 0 ? low(index) : high(index), index % 2 === 1, 0.5);
    const { estimate, bound, champion, challenger } = evidence.prove([{ probability: 0.5, counters: tally.counters() }], 0.05);
    expect(estimate).toBeCloseTo(3, 1);
    expect(bound).toBeGreaterThan(2.5);
    expect(bound).toBeLessThan(3);
    expect([champion, challenger]).toEqual([2000, 2000]);
  });
});

describe('heavy tails', () => {
  test('a cap cuts values to its ends, in either phase, and the test is that of a range', () => {
    const cut = quality({ score: (_, truth) => Number(truth), maxLoss: 1, cap: [0, 10] });
    const score = cut.canary?.source.kind === 'truth' ? cut.canary.source.score : undefined;
    expect([-5, 3, 1e9].map((truth) => score?.({ id: '', input: 0, output: 0 }, truth))).toEqual([0, 3, 10]);
    expect([cut.problems, cut.canary?.range, cut.shadow?.range]).toEqual([[], undefined, undefined]);
    const spent = testOf(kpi('saved', { maxLoss: 1, cap: [0, 10] }), 'lower');
    const wild = (index: number): number => (index % 100 === 0 ? 1e12 : 2);
    expect(verdictOf(spent, wild, wild)).toBe('proof');
    expect(
      verdictOf(
        spent,
        () => 2,
        (index) => (index % 3 === 0 ? 1e12 : 2),
      ),
    ).toBe('harm');
  });
  test('a cap beside a range, and a loss as wide as the cap, are refused', () => {
    const paths = (options: Parameters<typeof kpi>[1]): string[] => kpi('saved', options).problems.map(({ path }) => path);
    expect(paths({ maxLoss: 0.5, cap: [0, 1], range: [0, 1] })).toEqual(['cap']);
    expect(paths({ maxLoss: 1, cap: [0, 1] })).toEqual(['maxLoss']);
    expect(paths({ maxLoss: 0.1, missingAs: 0 })).toEqual(['missingAs']);
    expect(paths({ maxLoss: 0.1, missingAs: 2, maturityMs: 1, range: [0, 1] })).toEqual(['missingAs']);
    expect(paths({ maxLoss: 0.1, missingAs: 1, maturityMs: 1, range: [0, 1] })).toEqual([]);
  });
});

test('B4 a name that is no option is told with the one that was meant, in every factory of gates', () => {
  const odd = (make: () => { readonly problems: readonly { readonly path: string; readonly message: string }[] }): string[] =>
    make().problems.map(({ path, message }) => `${path} ${message}`);
  const typo = (options: object): never => options as never;
  expect(odd(() => errorRate(typo({ maxRatios: 2 })))).toEqual([
    'maxRatios is not an option, did you mean maxRatio?',
    expect.stringContaining('maxRatio expected'),
  ]);
  expect(odd(() => slowCalls(typo({ maxRatio: 2, overMs: 1, overms: 1 })))[0]).toContain('did you mean overMs?');
  expect(odd(() => quality(typo({ score: () => 1, maxloss: 1 })))[0]).toContain('did you mean maxLoss?');
  expect(odd(() => kpi('saved', typo({ maxLoss: 1, ranges: [0, 1] })))[0]).toContain('did you mean range?');
  expect(odd(() => spend(typo({ cost: () => 1, maxLoss: 1, costs: 1 })))[0]).toContain('did you mean cost?');
  expect(odd(() => agreement(typo({ minAgreemnt: 0.9 })))[0]).toContain('did you mean minAgreement?');
  expect(odd(() => sampleRatio(typo({ alhpa: 0.1 })))[0]).toContain('did you mean alpha?');
  expect(odd(() => gate(typo({ name: 'a', check, checks: check })))[0]).toContain('did you mean check?');
  for (const make of [errorRate, slowCalls, quality, spend, agreement, gate] as ((options: never) => {
    readonly problems: readonly unknown[];
  })[])
    for (const given of [undefined, null, 5, 'x', [], () => 1]) expect(make(given as never).problems.length).toBeGreaterThan(0);
});
