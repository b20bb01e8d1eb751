/** A page with a runtime that has something to show in every tab. The tests bundle it. */
import { always, circuitBreaker, createUnderstudy, memoryStore, rules, type Understudy } from '@understudy/core';
import { errorRate, slowCalls } from '@understudy/core/rollout';
import { seededRandom } from '@understudy/core/testing';
import { devtools, inspect } from '@understudy/browser/devtools';

/** A schema that takes everything. */
const any = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;

export interface DevtoolsPage {
  readonly understudy: Understudy;
  /** Makes so many calls of a model, one after the other; resolves with the tiers that served. */
  readonly call: (model: string, times: number) => Promise<readonly string[]>;
  /** Whether the model `claims` fails. */
  fails: boolean;
  /** Removes the panel. */
  readonly end: () => void;
  readonly devtools: typeof devtools;
  readonly inspect: typeof inspect;
}

const random = seededRandom(11);
const took = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const understudy = createUnderstudy({
  application: 'claims',
  environment: 'development',
  store: memoryStore({ acceptLoss: true }),
});
const page: { fails: boolean } = { fails: false };

const claims = understudy.defineModel(
  { name: 'claims-triage', input: any, output: any },
  {
    variants: {
      forest: {
        version: '2.4.1',
        predictor: async (input: unknown) => {
          await took(4 * random());
          if (page.fails || random() < 0.03) throw new Error('the scoring service closed the connection');
          return { fraud: Number(Object(input).amount) / 2400 };
        },
      },
      boosted: { version: '3.1.0', predictor: async () => (await took(3 * random()), { fraud: 0.2 }) },
    },
    champion: 'forest',
    policies: [circuitBreaker()],
    fallback: [rules({ name: 'triage-table', version: '12', rows: [], otherwise: { fraud: 0.2 } }), always({ fraud: 0.5 })],
    rollout: {
      challenger: 'boosted',
      canaryShares: [0.25, 0.5],
      bakeMs: 60_000,
      minUnits: 100,
      gates: [errorRate({ maxRatio: 2 }), slowCalls({ overMs: 100, maxRatio: 2.5 })],
    },
  },
) as unknown as { predict(input: unknown, options?: object): Promise<never> };

const lead = understudy.defineModel(
  { name: 'lead-score', input: any, output: any },
  {
    variants: {
      v7: { version: '7.0.2', policies: [circuitBreaker()], predictor: () => ({ score: 0.4 }) },
      v8: { version: '8.0.0-rc.1', predictor: () => ({ score: 0.5 }) },
    },
    champion: 'v7',
    fallback: [always({ score: 0.5 })],
  },
);
const models: Readonly<Record<string, { predict(input: unknown, options?: object): Promise<unknown> }>> = {
  'claims-triage': claims,
  'lead-score': lead,
};

const call = async (model: string, times: number): Promise<readonly string[]> => {
  const tiers: string[] = [];
  for (let n = 0; n < times; n++) {
    const input = { amount: Math.round(3000 * random()), region: ['north', 'south'][n % 2], notes: ['first notice', null] };
    const decision = await models[model]?.predict(input, { unit: `unit-${n}` });
    tiers.push((decision as { servedBy: { tier: string } }).servedBy.tier);
    inspect(decision as Parameters<typeof inspect>[0]);
  }
  return tiers;
};

const end = devtools(understudy);
Object.assign(globalThis, { app: Object.assign(page, { understudy, call, end, devtools, inspect }) });
await understudy.ready();
