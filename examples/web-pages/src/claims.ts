import { always, circuitBreaker, createUnderstudy, rules, timeout } from '@understudy/core';
import * as z from 'zod';

// Its compiled checks need `unsafe-eval`, which these pages forbid.
z.config({ jitless: true });

/** What the server of the model does. */
export const MOODS = ['works', 'slow', 'fails', 'nonsense'] as const;
export type Mood = (typeof MOODS)[number];

const Claim = z.object({ euros: z.number().min(0) });
const Verdict = z.object({ label: z.enum(['pay', 'review']), probability: z.number().min(0).max(1) });

const understudy = createUnderstudy();

/** A stand-in for a server: a page in the docs has none. */
let mood: Mood = 'works';
export const setMood = (next: Mood): void => {
  mood = next;
};

async function askServer(euros: number, signal: AbortSignal): Promise<unknown> {
  await pause(mood === 'slow' ? 3000 : 40 + 40 * Math.random(), signal);
  if (mood === 'fails') throw Object.assign(new Error('The server answered 503'), { status: 503 });
  if (mood === 'nonsense') return { label: 'maybe', probability: 7 };
  const probability = 1 / (1 + Math.exp((1200 - euros) / 150));
  return { label: probability > 0.5 ? 'review' : 'pay', probability };
}

export const claims = understudy.defineModel(
  { name: 'claims', input: Claim, output: Verdict },
  {
    variants: {
      server: {
        version: '3',
        policies: [timeout({ ms: 300 }), circuitBreaker({ openMs: 4000, minCalls: 5 })],
        // The contract of the output checks what comes.
        predictor: ({ euros }, { signal }) => askServer(euros, signal) as Promise<z.infer<typeof Verdict>>,
      },
    },
    champion: 'server',
    fallback: [
      rules({
        name: 'by-amount',
        version: '1',
        rows: [
          { id: 'large', when: { euros: { gte: 1000 } }, then: { label: 'review', probability: 0.9 }, because: 'A large claim.' },
        ],
      }),
      always({ label: 'pay', probability: 0.5 }),
    ],
  },
);
export type ClaimDecision = Awaited<ReturnType<typeof claims.predict>>;

/** Who has served a decision, in a word. */
export const servedBy = ({ servedBy: by }: ClaimDecision): string => ('variant' in by ? 'model' : by.tier);

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, failed) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      failed(signal.reason);
    });
  });
}
