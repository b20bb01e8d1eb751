import { allowFields, always, circuitBreaker, createUnderstudy, memoryStore, rules, type Understudy } from '@understudy/core';
import { drift, liveMetric, profileFromRows, serviceLevel, spendBudget } from '@understudy/core/monitors';
import { errorRate, quality, slowCalls } from '@understudy/core/rollout';
import { seededRandom, VirtualClock } from '@understudy/core/testing';
import { hmacSigner } from '@understudy/node/signing';
import * as z from 'zod';

const ANA = { id: 'ana.ruiz', roles: ['model-owner'] };

export interface Demo {
  readonly understudy: Understudy;
  readonly clock: VirtualClock;
  /** Lets so many seconds of traffic pass. */
  run(seconds: number): Promise<void>;
}

const claim = {
  name: 'claims-triage',
  input: z.object({ amount: z.number(), region: z.string(), policyAge: z.number() }),
  output: z.object({ fraud: z.number().min(0).max(1) }),
  target: { kind: 'probability', field: 'fraud', positiveAt: 0.5 },
  kpis: { minutesSaved: { better: 'higher' } },
} as const;

/** A runtime with what a dashboard may have to show: drift, a rollout, spend, a pause, a pin, an open circuit, and a model that does nothing. */
export async function demo(seed = 7): Promise<Demo> {
  const random = seededRandom(seed);
  const clock = new VirtualClock(1000, Date.UTC(2026, 2, 14, 6));
  const took = (ms: number): Promise<void> => new Promise((resolve) => void clock.schedule(resolve, ms));
  const around = (ms: number): number => ms * (0.6 + 0.8 * random()) * (random() < 0.02 ? 8 : 1);
  const understudy = createUnderstudy({
    application: 'claims',
    environment: 'production',
    clock,
    random,
    store: memoryStore({ acceptLoss: true }),
    signer: hmacSigner('a key of thirty-two bytes or more, for tests'),
    redact: allowFields(['input.amount', 'output.fraud']),
    authorize: (operator) => operator.roles.includes('model-owner'),
  });

  const rowOf = (shifted: number): { amount: number; region: string; policyAge: number } => ({
    amount: Math.round((800 + 400 * shifted) * Math.exp(random() + random() - 1)),
    region: ['north', 'south', random() < shifted ? 'overseas' : 'west', 'east'][Math.floor(4 * random())] ?? 'north',
    policyAge: Math.floor(240 * random()),
  });
  const scored = ({ amount }: { readonly amount: number }, noise: number): { fraud: number } => ({
    fraud: Math.min(1, Math.max(0, amount / 2400 + noise * (random() - 0.5))),
  });
  const reference = await profileFromRows(
    Array.from({ length: 3000 }, () => ({ input: rowOf(0) })),
    claim,
  );
  const triage = understudy.defineModel(claim, {
    variants: {
      forest: {
        version: '2.4.1',
        predictor: async (input) => {
          await took(around(22));
          if (random() < 0.012) throw new Error('the scoring service closed the connection');
          return scored(input, 0.25);
        },
      },
      boosted: {
        version: '3.1.0',
        predictor: async (input) => {
          await took(around(14));
          if (random() < 0.006) throw new Error('out of memory');
          return scored(input, 0.15);
        },
      },
    },
    champion: 'forest',
    policies: [circuitBreaker()],
    fallback: [
      rules({
        name: 'triage-table',
        version: '12',
        rows: [{ id: 'R1', when: { amount: { gte: 1500 } }, then: { fraud: 0.9 }, because: 'a large amount' }],
        otherwise: { fraud: 0.2 },
      }),
      always({ fraud: 0.5 }),
    ],
    rollout: {
      challenger: 'boosted',
      canaryShares: [0.05, 0.25, 0.5],
      holdbackShare: 0.02,
      bakeMs: 600_000,
      minUnits: 100,
      approval: 'manual',
      gates: [
        errorRate({ maxRatio: 2 }),
        slowCalls({ overMs: 100, maxRatio: 2.5 }),
        quality({ score: ({ output }, truth) => 1 - Math.abs(output.fraud - truth.fraud), maxLoss: 0.1, range: [0, 1] }),
      ],
    },
    monitors: [
      drift({ name: 'inputs', reference, confirmations: 1, minCases: 200 }),
      liveMetric({ name: 'accuracy', metric: 'accuracy', breachBelow: 0.8, window: 500, segmentBy: ({ region }) => region }),
      serviceLevel({ name: 'availability' }),
    ],
  });

  const reply = understudy.defineModel(
    { name: 'support-reply', input: z.object({ text: z.string() }), output: z.object({ answer: z.string() }) },
    {
      variants: Object.fromEntries(
        [
          ['large', '2026-01', 900, 700],
          ['mini', '2026-02', 300, 420],
        ].map(([name, version, ms, words]) => [
          name,
          {
            version: String(version),
            policies: [circuitBreaker()],
            predictor: async (_: { readonly text: string }, call: { report(report: object): void }) => {
              await took(around(Number(ms)));
              const [input, output] = [400 + Math.floor(600 * random()), Math.floor(Number(words) * (0.5 + random()))];
              call.report({
                usage: {
                  inputTokens: { total: input, noCache: input - 200, cacheRead: 200, cacheWrite: 0 },
                  outputTokens: { total: output, text: output - 40, reasoning: 40 },
                },
              });
              return { answer: 'Thank you for your message.' };
            },
          },
        ]),
      ),
      champion: 'large',
      split: { mini: 0.3 },
      prices: { large: { input: 2.5, output: 10 }, mini: { input: 0.3, output: 1.2 } },
      fallback: [always({ answer: 'We will write to you today.' })],
      monitors: [spendBudget({ name: 'daily spend', perDay: 40 })],
    } as never,
  ) as { predict(input: object, options?: object): Promise<{ id: string }> };

  let isDown = false;
  const lead = understudy.defineModel(
    { name: 'lead-score', input: z.object({ visits: z.number() }), output: z.object({ score: z.number() }) },
    {
      variants: {
        v7: {
          version: '7.0.2',
          policies: [circuitBreaker()],
          predictor: async ({ visits }) => {
            await took(around(6));
            if (isDown) throw new Error('connect ECONNREFUSED');
            return { score: visits / 10 };
          },
        },
        v8: { version: '8.0.0-rc.1', predictor: ({ visits }) => ({ score: visits / 9 }) },
      },
      champion: 'v7',
      shadow: { v8: { sampleRate: 0.2 } },
      fallback: [rules({ name: 'by-visits', version: '3', rows: [], otherwise: { score: 0.5 } })],
    },
  );
  const routing = understudy.defineModel(
    { name: 'routing', input: z.object({ text: z.string() }), output: z.object({ queue: z.string() }) },
    {
      variants: {
        v1: { version: '1.9.0', predictor: async () => (await took(around(4)), { queue: 'general' }) },
        v2: { version: '2.0.0', predictor: async () => (await took(around(3)), { queue: 'general' }) },
      },
      champion: 'v2',
      fallback: [always({ queue: 'general' })],
    },
  );
  understudy.defineModel(
    { name: 'churn', input: z.object({ months: z.number() }), output: z.object({ churn: z.number() }) },
    { variants: { v1: { version: '0.1.0', predictor: () => ({ churn: 0.1 }) } }, champion: 'v1' },
  );
  await understudy.ready();
  await routing.control.pin('v1', { by: ANA, reason: 'v2 sends refunds to the wrong queue (INC-4471)' });
  await lead.control.isolate('v8', { by: ANA, reason: 'not reviewed by the data team yet' });

  await lead.control.pause({ by: ANA, reason: 'visits are counted twice since the deploy of 05:40' });

  const decided = async (input: ReturnType<typeof rowOf>): Promise<void> => {
    const { id } = await triage.predict(input, { unit: `unit-${Math.floor(20_000 * random())}` });
    const isFraud = input.amount * (0.7 + 0.6 * random()) > 1200;
    if (random() < 0.6) await triage.recordOutcome(id, { truth: { fraud: isFraud ? 1 : 0 } });
    const review = random();
    const override = { output: { fraud: 0 }, by: 'lee.wong', reason: 'the customer called: the amount is right' };
    if (review < 0.03) await triage.recordOutcome(id, { feedback: { agree: random() < 0.9 } });
    else if (review < 0.04) await triage.recordOutcome(id, { override });
  };

  let passed = 0;
  const step = async (seconds: number, wave: number): Promise<void> => {
    const shifted = Math.min(0.7, Math.max(0, (passed - 1500) / 3000));
    const calls: Promise<unknown>[] = [];
    for (let index = 0; index < Math.round(14 * wave); index++) {
      const input = rowOf(shifted);
      calls.push(decided(input));
    }
    for (let index = 0; index < Math.round(5 * wave); index++) calls.push(reply.predict({ text: 'Where is my parcel?' }));
    for (let index = 0; index < Math.round(9 * wave); index++) calls.push(lead.predict({ visits: index }));
    for (let index = 0; index < Math.round(6 * wave); index++) calls.push(routing.predict({ text: 'refund' }));
    await clock.advance(seconds * 1000);
    // Some take longer: they end in a step to come.
    void Promise.allSettled(calls);
    passed += seconds;
  };
  return {
    understudy,
    clock,
    async run(seconds) {
      for (let done = 0; done < seconds; done += 5) {
        // The operator resumes it after half an hour; later its endpoint is away for a minute.
        if (passed === 1800) await lead.control.resume({ by: ANA, reason: 'counting is mended' });
        isDown = passed > 3000 && passed < 3060;
        if (passed === 4000) await lead.control.pause({ by: ANA, reason: 'visits are counted twice again' });
        await step(5, 1 + 0.5 * Math.sin(passed / 500));
        await understudy.ready();
        const { rollout } = triage.status();
        if (rollout?.approval === 'awaited' && passed < 4000)
          await triage.control.rollout.approve({ by: ANA, reason: 'evidence reviewed with claims' });
      }
    },
  };
}
