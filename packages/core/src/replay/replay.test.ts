import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { timeout } from '../policies/timeout.ts';
import { memoryStore } from '../control/memory-store.ts';
import { agreement } from '../rollout/gates/agreement.ts';
import { errorRate } from '../rollout/gates/error-rate.ts';
import { quality } from '../rollout/gates/quality.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { replay, type ReplayedBatch, type ReplayOptions } from './replay.ts';
import type { ReplayRow, ReplaySource } from './replay-row.ts';
import type { ReplayState } from './replay-tally.ts';

const contract = {
  name: 'claims',
  input: z.object({ amount: z.number() }),
  output: z.object({ pay: z.boolean() }),
} as const;
type In = { amount: number };
type Out = { pay: boolean };
type Options = ReplayOptions<In, In, Out, Out | Promise<Out>, Out, never>;
type Row = ReplayRow<In, Out, Out>;

const at = (limit: number): Options['variant'] => ({ predictor: ({ amount }) => ({ pay: amount < limit }), version: '2' });
/** Amounts from 0 to 99, paid below 50. */
const logged = (count: number): Row[] =>
  Array.from({ length: count }, (_, index) => {
    const amount = (index * 37) % 100;
    return {
      id: `d${index}`,
      input: { amount },
      output: { pay: amount < 50 },
      unit: `u${index}`,
      servedBy: 'v1',
      version: '1',
      truth: { pay: amount < 60 },
    };
  });
const right = ({ output }: { readonly output: Out }, truth: Out): number => (output.pay === truth.pay ? 1 : 0);
const run = (options: Partial<Options> & Pick<Options, 'rows'>) => replay(contract, { name: 'v2', variant: at(60), ...options });

describe('a replay', () => {
  it('tells agreement with what was served, and scores of both on known truths', async () => {
    const result = await run({ rows: logged(1000), scores: { right } });
    expect(result).toMatchObject({
      model: 'claims',
      variant: 'v2',
      version: '2',
      rows: 1000,
      replayed: 1000,
      failed: {},
      unreadable: 0,
      isComplete: true,
      agreement: { compared: 1000, agreed: 900, share: { value: 0.9 } },
      scores: {
        right: {
          rows: 1000,
          replayed: { value: 1 },
          logged: { value: 0.9 },
          difference: { value: expect.closeTo(0.1, 12) as number },
        },
      },
    });
    expect(result.scores['right']?.difference?.lower).toBeGreaterThan(0.07);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it('counts what fails by its code, and rows that hold no decision with what is wrong with them', async () => {
    const hostile = {
      get input(): never {
        throw new Error('no input for you');
      },
    };
    const rows = [
      { input: { amount: 1 } },
      { input: { amount: 'many' } },
      { input: { amount: 7 } },
      null,
      {},
      hostile,
      { problem: 'line 9 is no JSON' },
      { input: { amount: 2 }, probability: 2 },
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('a proxy');
          },
        },
      ),
    ] as unknown as Row[];
    const variant: Options['variant'] = {
      predictor: ({ amount }) => {
        if (amount === 7) throw new Error('seven');
        return { pay: true };
      },
      version: '2',
    };
    const result = await run({ rows, variant });
    expect(result).toMatchObject({ rows: 9, replayed: 1, unreadable: 6, failed: { INPUT_INVALID: 1, PREDICTOR_FAILED: 1 } });
    expect(result.problems).toEqual([
      'row 4: expected a row: { input, … }',
      'row 5: has no input',
      'row 6: could not be read: no input for you',
      'row 7: line 9 is no JSON',
      'row 8: probability: expected a number over 0, at most 1',
      'row 9: could not be read: a proxy',
    ]);
  });

  it('a comparator or a score that fails is told of that row, and ends nothing', async () => {
    const compare = (served: Out) => {
      if (served.pay) throw new Error('cannot compare');
      return { agrees: true };
    };
    expect(await run({ rows: logged(10), compare })).toMatchObject({
      rows: 10,
      unreadable: 6,
      agreement: { compared: 4, agreed: 4 },
    });
    const wrong = await run({ rows: logged(3), scores: { right: () => Number.NaN } });
    expect(wrong).toMatchObject({
      unreadable: 3,
      problems: [expect.stringContaining('scores.right'), '', ''].map(() => expect.any(String) as string),
    });
    const late = await run({ rows: logged(3), compare: async () => Promise.resolve({ agrees: false }) });
    expect(late.agreement).toMatchObject({ compared: 3, agreed: 0 });
  });

  it('calls the variant with its policies, some at once, and tells results in the order of the log', async () => {
    let [now, most] = [0, 0];
    const ids: string[] = [];
    await run({
      rows: logged(50),
      concurrency: 4,
      variant: {
        predictor: async ({ amount }) => {
          most = Math.max(most, ++now);
          await new Promise((done) => setTimeout(done, amount % 3));
          now--;
          return { pay: true };
        },
        policies: [timeout({ ms: 60_000 })],
        version: '2',
      },
      onBatch: ({ results }) => void ids.push(...results.map(({ id }) => id)),
    });
    expect(most).toBe(4);
    expect(ids).toEqual(logged(50).map(({ id }) => id));
  });

  it('does not close the predictor, which may serve elsewhere', async () => {
    let closed = 0;
    const predictor = Object.assign(({ amount }: In): Out => ({ pay: amount < 5 }), { close: () => void closed++ });
    await run({ rows: logged(3), variant: { predictor, version: '2' } });
    expect(closed).toBe(0);
  });

  it('refuses wrong options with their names, and a variant that may not be called twice', async () => {
    const problems = await run({ rows: 5 as never, concurrency: 0, gates: 'x' as never, nonsense: 1 } as never).catch(
      (error: Error) => error.message,
    );
    for (const part of ['rows', 'concurrency', 'gates', 'nonsense']) expect(problems).toContain(part);
    const variant = at(60);
    await expect(run({ rows: [], variant: { ...variant, effects: 'once' } })).rejects.toThrow("effects 'once'");
    await expect(run({ rows: [], variant: { ...variant, effects: 'idempotent' } })).rejects.toThrow('allowEffects');
    expect(await run({ rows: [], variant: { ...variant, effects: 'idempotent' }, allowEffects: true })).toMatchObject({
      rows: 0,
    });
    await expect(run({ rows: [], gates: [agreement({ minAgreement: 0.9 })] })).rejects.toThrow('champion');
  });

  it('ends after a batch when its signal aborts, and ends its source', async () => {
    const stop = new AbortController();
    let ended = false;
    const source: ReplaySource<In, Out, Out> = {
      batches: async function* () {
        try {
          for (let batch = 0; ; batch++) yield await Promise.resolve({ rows: logged(10), cursor: batch });
        } finally {
          ended = true;
        }
      },
    };
    const result = await run({ rows: source, signal: stop.signal, onProgress: ({ rows }) => rows >= 30 && stop.abort() });
    expect(result).toMatchObject({ rows: 30, isComplete: false });
    expect(ended).toBe(true);
  });

  it('a source that fails, or gives something else than batches, rejects', async () => {
    const failing = {
      batches: () => {
        throw new Error('disk');
      },
    } as unknown as ReplaySource<In, Out, Out>;
    await expect(run({ rows: failing })).rejects.toThrow('disk');
    const odd = {
      batches: async function* () {
        yield await Promise.resolve(7);
      },
    } as unknown as ReplaySource<In, Out, Out>;
    await expect(run({ rows: odd })).rejects.toThrow('{ rows, cursor }');
  });
});

describe('a replay that was killed', () => {
  const gates = [agreement({ minAgreement: 0.8 }), quality<In, Out, Out>({ score: right, range: [0, 1], maxLoss: 0.05 })];
  const champion = { name: 'v1', version: '1' };
  const rows = logged(3000).map((row, index) =>
    Object.assign(row, { unit: `u${index % 1700}`, probability: 0.5, reward: index % 3, costMicroUsd: 2 }),
  );

  it('and goes on after any batch, comes to the same result, and tells every row once', async () => {
    const whole = await run({ rows, gates, champion, scores: { right }, clock: new VirtualClock() });
    const random = seededRandom(8);
    for (let round = 0; round < 5; round++) {
      const ids: string[] = [];
      let state: ReplayState | undefined;
      for (let start = 0; start < 50; start++) {
        let batches = 0;
        const killAfter = 1 + Math.floor(random() * 3);
        const onBatch = (batch: ReplayedBatch<Out>): void => {
          if (batches++ === killAfter) throw new Error('killed');
          ids.push(...batch.results.map(({ id }) => id));
          state = JSON.parse(JSON.stringify(batch.state())) as ReplayState;
        };
        const resume = state;
        const done = await run({
          rows,
          gates,
          champion,
          scores: { right },
          clock: new VirtualClock(),
          onBatch,
          ...(resume === undefined ? {} : { resume }),
        }).catch((error: Error) => error);
        if (done instanceof Error) continue;
        expect(ids).toEqual(rows.map(({ id }) => id));
        const { evidence, scores, ...rest } = done;
        expect(rest).toEqual((({ evidence: _, scores: __, ...others }) => others)(whole));
        expect(scores['right']?.difference?.value).toBeCloseTo(whole.scores['right']?.difference?.value ?? NaN, 12);
        for (const [name, value] of Object.entries(whole.evidence?.counters ?? {}))
          expect(evidence?.counters[name]).toBeCloseTo(value, 8);
        break;
      }
      expect(ids.length).toBe(rows.length);
    }
  });

  it('does not go on with the state of another replay', async () => {
    let state: ReplayState | undefined;
    await run({ rows: logged(10), onBatch: (batch) => void (state = batch.state()) });
    if (state === undefined) throw new Error('no batch');
    await expect(run({ rows: logged(10), name: 'v3', resume: state })).rejects.toThrow('another replay');
  });
});

describe('what the variant is worth', () => {
  /** Two variants served, by halves; both pay below 30. Paying earns the amount's part that is right. */
  const log = (seed: number, count: number): Row[] => {
    const random = seededRandom(seed);
    return Array.from({ length: count }, (_, index) => {
      const amount = Math.floor(random() * 100);
      const first = random() < 0.7;
      const pay = first ? amount < 30 : amount < 80;
      const isGood = random() < (pay ? 0.6 : 0.3);
      return { id: `d${index}`, input: { amount }, output: { pay }, probability: first ? 0.7 : 0.3, reward: isGood ? 1 : 0 };
    });
  };
  // Pays below 80: 0.8 × 0.6 + 0.2 × 0.3.
  const TRUTH = 0.54;

  it('is within its interval in about 95 % of 200 logs, told who else would have served the same', async () => {
    let [ips, snips] = [0, 0];
    for (let seed = 0; seed < 200; seed++) {
      const { value } = await run({
        rows: log(seed, 400),
        variant: at(80),
        otherLogged: ({ amount }) => ({ pay: amount < 30 }),
      });
      expect(value.isSupported).toBe(true);
      if ((value.ips?.lower ?? 1) <= TRUTH && TRUTH <= (value.ips?.upper ?? 0)) ips++;
      if ((value.snips?.lower ?? 1) <= TRUTH && TRUTH <= (value.snips?.upper ?? 0)) snips++;
    }
    // Three standard deviations of a share of 200 below 95 %, and of nothing that is too wide.
    for (const covered of [ips, snips]) {
      expect(covered).toBeGreaterThan(180);
      expect(covered).toBeLessThan(200);
    }
  });

  it('is marked as unsupported where an output had other ways to be served, and where the log never did what it does', async () => {
    const { value } = await run({ rows: log(1, 4000), variant: at(80) });
    expect(value.meanWeight?.value).toBeGreaterThan(1.2);
    expect(value.isSupported).toBe(false);
    const never = await run({
      rows: log(1, 4000),
      variant: { predictor: () => ({ pay: true }), version: '9' },
      otherLogged: () => ({ pay: true }),
    });
    expect(never.value.meanWeight?.value).toBeLessThan(0.95);
    expect(never.value.isSupported).toBe(false);
  });
});

describe('the evidence of a replay', () => {
  const gates = [agreement({ minAgreement: 0.8 }), errorRate({ maxRatio: 3 })];
  const define = async (shadow: object, evidenceRows = 2000) => {
    const { evidence } = await run({ rows: logged(evidenceRows), gates, champion: { name: 'v1', version: '1' } });
    const clock = new VirtualClock();
    const understudy = createUnderstudy({
      clock,
      store: memoryStore({ acceptLoss: true }),
      refreshMs: 1000,
      random: seededRandom(2),
    });
    const model = understudy.defineModel(contract, {
      variants: { v1: { ...at(50), version: '1' }, v2: at(60) },
      champion: 'v1',
      rollout: { challenger: 'v2', gates, bakeMs: 5000, shadow: { minPairs: 500, replay: evidence, ...shadow } as never },
    });
    return { clock, model, evidence };
  };

  it('opens the shadow stage of a rollout, which lasts as long as it bakes', async () => {
    const { clock, model } = await define({});
    await model.predict({ amount: 1 });
    await clock.advance(3000);
    expect(model.status().rollout).toMatchObject({ phase: 'shadow', pairs: 2000 });
    await clock.advance(5000);
    await model.predict({ amount: 1 });
    await clock.advance(3000);
    expect(model.status().rollout).toMatchObject({ phase: 'canary' });
  });

  it('counts the first decision of each unit that the champion itself served, and no other', async () => {
    const rows = [
      ...logged(100),
      ...logged(100),
      ...logged(10).map((row) => Object.assign(row, { unit: `x${row.id ?? ''}`, version: '0' })),
      ...logged(10).map((row) => Object.assign(row, { unit: `y${row.id ?? ''}`, tier: 'rules' as const })),
    ];
    const { evidence } = await run({ rows, gates, champion: { name: 'v1', version: '1' } });
    expect(evidence).toMatchObject({
      pair: 'v2@2 over v1@1',
      counters: { '0|units|n0': 100, '0|agreement|pairs': 100, '0|agreement|agreed': 90 },
    });
  });

  it('of other versions, or that is none, is refused with the remedy', async () => {
    const { evidence } = await define({});
    if (evidence === undefined) throw new Error('no evidence');
    await expect(define({ replay: { ...evidence, pair: 'v2@3 over v1@1' } })).rejects.toThrow('replay these two versions');
    await expect(define({ replay: { ...evidence, model: 'others' } })).rejects.toThrow('replay these two versions');
    await expect(define({ replay: { ...evidence, counters: { '1|units|n1': 5000 } } })).rejects.toThrow(
      'options.rollout.shadow.replay',
    );
    await expect(define({ replay: { ...evidence, counters: { '0|agreement|agreed': 'all' } } })).rejects.toThrow(
      'options.rollout.shadow.replay',
    );
  });
});
