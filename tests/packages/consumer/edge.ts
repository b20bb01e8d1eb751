// Bundled for no platform and run with nothing but the globals that every runtime has. Answers 'ok'.
import { always, createUnderstudy, http, memoryStore } from '@understudy/core';
import { eventSchema } from '@understudy/core/events';
import { circuitBreaker, concurrencyLimit, retry, timeout } from '@understudy/core/policies';
import { rules } from '@understudy/core/rules';
import * as z from 'zod';

export async function run(): Promise<string> {
  const handed: Promise<unknown>[] = [];
  const events: unknown[] = [];
  const understudy = createUnderstudy({
    store: memoryStore(),
    sinks: [{ name: 'kept', write: (batch) => void events.push(...batch) }],
    waitUntil: (promise) => void handed.push(promise),
    policies: [timeout({ ms: 1000 }), retry({ baseMs: 1 }), circuitBreaker(), concurrencyLimit()],
  });
  const model = understudy.defineModel(
    { name: 'edge', input: z.object({ x: z.number() }), output: z.object({ y: z.number() }) },
    {
      variants: {
        v1: { predictor: async ({ x }, { signal }) => (signal.aborted ? { y: 0 } : { y: x }), version: '1' },
        v2: { predictor: ({ x }) => ({ y: x + 1 }), version: '2' },
        v3: {
          predictor: http({
            url: 'https://nowhere.invalid/',
            parse: (json) => ({ y: Number(json) }),
            fetch: async () => new Response('no', { status: 503 }),
          }),
          version: '3',
        },
      },
      champion: 'v1',
      split: { v2: 0.2 },
      shadow: { v2: {} },
      fallback: [
        rules({ name: 'r', version: '1', rows: [{ id: '1', when: { x: { gt: 100 } }, then: { y: 100 } }] }),
        always({ y: -1 }),
      ],
    },
  );
  const first = await model.predict({ x: 2 }, { unit: 'u', force: 'v1' });
  const rescued = await model.predict({ x: 101 }, { force: 'v3' });
  await Promise.all(handed);
  await understudy.close();
  const parsed = events.every((event) => eventSchema.safeParse(event).success);
  const good = first.output.y === 2 && rescued.servedBy.tier === 'rules' && parsed && events.length >= 3;
  return good ? 'ok' : JSON.stringify({ first, rescued, parsed, events });
}
