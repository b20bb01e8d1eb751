/** A new prompt is a new variant: it gets a share of the traffic, and what it costs decides. The traffic is simulated, in virtual time. */
import { type Call, createUnderstudy, memoryStore } from '@understudy/core';
import { spend } from '@understudy/core/rollout';
import { seededRandom, VirtualClock } from '@understudy/core/testing';
import * as z from 'zod';
import { OPENAI_MODEL, PRICES } from './prices.ts';

export interface NewPrompt {
  readonly name: string;
  /** Tokens of its answers, about. */
  readonly writes: number;
}

export interface CanaryResult {
  readonly prompt: string;
  readonly verdict: 'promoted' | 'rolled back' | 'undecided';
  /** Every transition: to which stage, and why. */
  readonly stages: readonly string[];
  readonly calls: number;
  /** What the new prompt was given of them. */
  readonly tried: number;
}

const [INPUT, CACHED, BRIEF] = [1300, 1152, 85];
const [MOST_CALLS, EVERY_MS] = [30_000, 1000];

export async function tryPrompt({ name, writes }: NewPrompt, seed: number): Promise<CanaryResult> {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  await using understudy = createUnderstudy({ clock, random, prices: PRICES, store: memoryStore({ acceptLoss: true }) });
  /** Stands for openaiChat() with this prompt: it reports what such an answer uses. */
  const asking = (about: number) => (_input: object, call: Call) => {
    const written = Math.round(about * (0.5 + random()));
    call.report({
      model: OPENAI_MODEL,
      usage: {
        inputTokens: { total: INPUT, noCache: INPUT - CACHED, cacheRead: CACHED, cacheWrite: undefined },
        outputTokens: { total: written, text: written, reasoning: undefined },
      },
    });
    return 'an answer';
  };
  const model = understudy.defineModel(
    { name: 'desk-canary', input: z.object({ text: z.string() }), output: z.string() },
    {
      variants: { brief: { predictor: asking(BRIEF), version: '1' }, fresh: { predictor: asking(writes), version: name } },
      champion: 'brief',
      rollout: {
        challenger: 'fresh',
        canaryShares: [0.1, 0.5],
        bakeMs: 60_000,
        // A call may cost a hundredth of a cent more. None costs over half a cent.
        gates: [spend({ maxLoss: 0.0001, range: [0, 0.005] })],
      },
    },
  );
  const stages: string[] = [];
  let verdict: CanaryResult['verdict'] = 'undecided';
  model.on('rollout-changed', ({ to, reason }) => {
    stages.push(`${to}: ${reason}`);
    if (to === 'rolled-back') verdict = 'rolled back';
    if (to.startsWith('champion')) verdict = 'promoted';
  });
  let [calls, tried] = [0, 0];
  const isOver = (): boolean => verdict !== 'undecided' || calls >= MOST_CALLS;
  while (!isOver()) {
    const batch = Array.from({ length: 20 }, (_, index) =>
      model.predict({ text: 'Hello' }, { unit: `customer-${calls + index}` }),
    );
    for (const { assigned } of await Promise.all(batch)) if (assigned === 'fresh') tried++;
    calls += batch.length;
    await clock.advance(EVERY_MS);
  }
  return { prompt: name, verdict, stages, calls, tried };
}
