// What calls of language models cost, for a fleet on a real Redis: our accounts beside those of the server that has answered.
import { anthropicMessages, openaiChat } from '@understudy/core/adapters';
import { budget, createUnderstudy, type DecisionEvent, retry, textStream } from '@understudy/core';
import { seededRandom } from '@understudy/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { redisServer, withRedis } from '../../../../tests/servers/redis-server.ts';
import type { TestServer } from '../../../../tests/servers/server-process.ts';
import {
  type Account,
  llmServer,
  overloaded,
  rateLimited,
  type SeenRequest,
  type Turn,
} from '../../../core/tests/support/llm-server.ts';
import { redisStore } from './redis.ts';

const PROCESSES = 3;
const AT_ONCE = 8;
const PRICES = {
  'gpt-5-mini': { input: 0.25, cacheRead: 0.025, output: 2 },
  'claude-haiku-4-5': { input: 1, cacheRead: 0.1, cacheWrite: 1.25, output: 5 },
};
/** A question that the server refuses, and bills to nobody. */
const FREE = 'nothing';
const WORDS = 'The parcel has left our warehouse and will be with you on Friday at the latest'.split(' ');

interface Sums {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
}

/** What our decisions say they have used. */
function summed(events: readonly DecisionEvent[]): Sums & { readonly costMicroUsd: number } {
  const sum = (part: (usage: NonNullable<DecisionEvent['usage']>) => number | null | undefined): number =>
    events.reduce((total, { usage }) => total + (usage === undefined ? 0 : (part(usage) ?? 0)), 0);
  return {
    inputTokens: sum(({ inputTokens }) => inputTokens.total),
    cacheReadTokens: sum(({ inputTokens }) => inputTokens.cacheRead),
    cacheWriteTokens: sum(({ inputTokens }) => inputTokens.cacheWrite),
    outputTokens: sum(({ outputTokens }) => outputTokens.total),
    costMicroUsd: sum(({ costMicroUsd }) => costMicroUsd),
  };
}

const tokensOf = ({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens }: Account): Sums => ({
  inputTokens,
  cacheReadTokens,
  cacheWriteTokens,
  outputTokens,
});

/** Reads a stream to its end. One that breaks is an error for its reader, which is not what this is about. */
async function read(stream: AsyncIterable<string>): Promise<void> {
  const chunks: string[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk);
  } catch (error) {
    expect(error).toMatchObject({ code: 'STREAM_CUT' });
  }
  expect(chunks.length).toBeGreaterThan(0);
}

/** Every process knows about a second later what all have spent, to half a cent. */
async function expectAllToKnow(microUsd: number, spentUsd: Fleet['spentUsd']): Promise<void> {
  const apart = async (): Promise<number> => Math.max(...(await spentUsd()).map((dollars) => Math.abs(dollars - microUsd / 1e6)));
  await expect.poll(apart, { timeout: 20_000, interval: 300 }).toBeLessThan(0.005);
}

interface Fleet {
  readonly events: readonly DecisionEvent[];
  readonly account: Account;
  /** What each process says that all have spent, in dollars. */
  readonly spentUsd: () => Promise<readonly number[]>;
  /** What of its own each process knows to be a guess, in dollars. */
  readonly guessedUsd: () => number;
}

describe.runIf(withRedis)('accounts of language models', () => {
  let redis: TestServer;
  beforeAll(async () => {
    redis = await redisServer();
    await redis.start();
  });
  afterAll(() => redis?.stop());

  /** Answers so many tickets in three processes with one budget, every other one streamed, half of them by each vendor. */
  async function served(
    name: string,
    calls: number,
    script: (request: SeenRequest) => Turn,
    check: (fleet: Fleet) => Promise<void>,
  ): Promise<void> {
    const isFree = ({ body }: SeenRequest): boolean => JSON.stringify(body).includes(FREE);
    await using server = await llmServer({
      script: (request) => (isFree(request) ? { fault: { kind: 'status', status: 400 } } : script(request)),
      prices: PRICES,
    });
    const events: DecisionEvent[] = [];
    const common = { messages: ({ text }: { readonly text: string }) => [{ role: 'user' as const, content: text }] };
    const processes = Array.from({ length: PROCESSES }, () => {
      const runtime = createUnderstudy({ prices: PRICES, store: redisStore({ url: redis.url }) });
      const model = runtime.defineModel(
        { name, input: z.object({ text: z.string() }), output: z.string(), stream: textStream() },
        {
          variants: {
            openai: { version: '1', predictor: openaiChat({ ...common, url: `${server.url}/v1`, model: 'gpt-5-mini' }) },
            anthropic: { version: '1', predictor: anthropicMessages({ ...common, url: server.url, model: 'claude-haiku-4-5' }) },
          },
          champion: 'openai',
          split: { anthropic: 0.5 },
          fallback: ['anthropic', 'openai'],
          policies: [retry({ attempts: 4, baseMs: 0, throttledBaseMs: 0, budgetMin: 100 }), budget({ usdPerDay: 1000 })],
        },
      );
      model.on('decision', (event) => void events.push(event));
      return { runtime, model };
    });
    try {
      let next = 0;
      const caller = async (index: number): Promise<void> => {
        const { model } = processes[index % PROCESSES] ?? expect.unreachable();
        while (next < calls) {
          const number = next++;
          const input = { text: `Ticket ${number}: where is my parcel?` };
          if (number % 2 === 0) await model.predict(input);
          else await read(model.stream(input));
        }
      };
      await Promise.all(Array.from({ length: PROCESSES * AT_ONCE }, (_, index) => caller(index)));
      const budgets = () => processes.map(({ model }) => model.status().variants['openai']?.policies['budget']);
      await check({
        events,
        account: server.account,
        spentUsd: async () => {
          // A process asks for what others have spent when it has calls.
          await Promise.allSettled(processes.map(({ model }) => model.predict({ text: FREE })));
          return budgets().map((status) => Number(status?.['spentUsd']));
        },
        guessedUsd: () => budgets().reduce((sum, status) => sum + Number(status?.['estimatedUsd']), 0),
      });
    } finally {
      await Promise.all(processes.map(({ runtime }) => runtime.close()));
    }
  }

  it('equal the count of the server, cached tokens too, and the cost to the cent, in every process', async () => {
    const random = seededRandom(11);
    const whole = (most: number): number => Math.floor(random() * most);
    const script = ({ api }: SeenRequest): Turn => {
      // Nobody is billed for these.
      const fault = random() < 0.04 ? overloaded(api === 'anthropic' ? 529 : 503) : random() < 0.02 ? rateLimited(0) : undefined;
      const [cacheRead, cacheWrite, plain, reasoning] = [whole(3000), whole(500), whole(1000), whole(100)];
      return {
        text: WORDS.slice(0, 1 + whole(WORDS.length)).join(' '),
        usage: { input: plain + cacheRead + cacheWrite, cacheRead, cacheWrite, reasoning, output: reasoning + 1 + whole(400) },
        ...(fault === undefined ? {} : { fault }),
      };
    };
    await served('accounts', 2000, script, async ({ events, account, spentUsd, guessedUsd }) => {
      expect(events).toHaveLength(2000);
      expect(account).toMatchObject({ whole: 2000, broken: 0 });
      expect(Number(account.statuses[503]) + Number(account.statuses[529])).toBeGreaterThan(50);
      expect(events.every(({ usage }) => usage?.estimated === false)).toBe(true);
      const { costMicroUsd, ...tokens } = summed(events);
      expect(tokens).toEqual(tokensOf(account));
      expect(account.cacheReadTokens).toBeGreaterThan(1_000_000);
      // Each cost is rounded up to a millionth of a dollar: over 2000 of them that is less than a fifth of a cent.
      expect(costMicroUsd).toBeGreaterThanOrEqual(account.costMicroUsd);
      expect(costMicroUsd - account.costMicroUsd).toBeLessThan(2000);
      for (const vendor of ['openai', 'anthropic'])
        expect(events.filter(({ servedBy }) => servedBy === vendor).length).toBeGreaterThan(700);
      await expectAllToKnow(costMicroUsd, spentUsd);
      expect(guessedUsd()).toBe(0);
    });
  });

  it('of broken streams are estimates, and say so; all others are exact', async () => {
    const random = seededRandom(12);
    const script = ({ api, stream }: SeenRequest): Turn => {
      const words = WORDS.slice(0, 6 + Math.floor(random() * 8));
      const after = 1 + Math.floor(random() * (words.length - 1));
      const breaks = stream && random() < 0.2;
      // What OpenAI counts is not known before the end: here it counts as the estimate does. Anthropic tells its input at the start.
      const usage = api === 'anthropic' ? { usage: { input: 500 + after, cacheRead: 400, cacheWrite: 50 } } : {};
      return { text: words.join(' '), ...usage, ...(breaks ? { fault: { kind: 'no-terminator', after } } : {}) };
    };
    await served('accounts-broken', 1200, script, async ({ events, account, spentUsd, guessedUsd }) => {
      expect(events).toHaveLength(1200);
      expect(account.broken).toBeGreaterThan(80);
      const estimated = events.filter(({ usage }) => usage?.estimated === true);
      expect(estimated).toHaveLength(account.broken);
      expect(estimated.every(({ outcome, errorType }) => outcome === 'failed' && errorType === 'STREAM_CUT')).toBe(true);
      // The words that came make up these estimates, and the server bills the words that it has sent.
      const { costMicroUsd, ...tokens } = summed(events);
      expect(tokens).toEqual(tokensOf(account));
      expect(Math.abs(costMicroUsd - account.costMicroUsd)).toBeLessThan(1200);
      await expectAllToKnow(costMicroUsd, spentUsd);
      expect(guessedUsd()).toBeCloseTo(summed(estimated).costMicroUsd / 1e6, 4);
    });
  });
});
