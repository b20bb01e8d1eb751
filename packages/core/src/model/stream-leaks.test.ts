// Whatever happens to a stream: its decision settles, nothing is left behind, and a reader gets the chunks of one attempt in their order.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { concurrencyLimit } from '../policies/concurrency-limit.ts';
import { retry } from '../policies/retry.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Call, Predictor } from '../types/index.ts';
import type { Returns } from './model-options.ts';
import { textStream } from './model-stream.ts';

const output = z.string();
type Answer = Predictor<{ question: string }, Returns<typeof output, string>>;
type Line = 'chunk' | 'empty' | 'wait' | 'long wait' | 'hang' | 'throw';

const script = fc.array(fc.constantFrom<Line[]>('chunk', 'chunk', 'chunk', 'empty', 'wait', 'long wait', 'hang', 'throw'), {
  maxLength: 6,
});
const cases = fc.record({
  /** Of the attempts of each variant, in turn. */
  first: fc.array(script, { minLength: 1, maxLength: 3 }),
  second: fc.array(script, { minLength: 1, maxLength: 2 }),
  onBreak: fc.constantFrom('error' as const, 'error' as const, 'restart' as const),
  slowMs: fc.constantFrom(0, 0, 50, 70_000),
  leavesAfter: fc.option(fc.integer({ min: 0, max: 4 })),
  abortsAt: fc.option(fc.constantFrom(0, 5, 60, 1500, 70_000)),
  reads: fc.boolean(),
});

test('leaves no timer, no listener, no place and no open decision behind, and says no text twice', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ first, second, onBreak, slowMs, leavesAfter, abortsAt, reads }) => {
      const clock = new VirtualClock();
      const sink = fakeSink();
      const sleep = (ms: number): Promise<void> => new Promise((wake) => clock.schedule(wake, ms));
      const scripted = (name: string, scripts: readonly (readonly Line[])[]): Answer => {
        let calls = 0;
        const predictor = async function* (_: unknown, __: Call): AsyncGenerator<string> {
          const attempt = calls++;
          const lines = scripts[Math.min(attempt, scripts.length - 1)] ?? [];
          let index = 0;
          for (const line of lines) {
            if (line === 'chunk') yield `${name}${attempt}.${index++} `;
            else if (line === 'empty') yield '';
            else if (line === 'throw') throw new Error('broken');
            else if (line === 'hang') await new Promise(() => {});
            else await sleep(line === 'wait' ? 40 : 5000);
          }
        };
        return predictor;
      };
      const understudy = createUnderstudy({ clock, random: () => 0.5, sinks: [sink] });
      const model = understudy.defineModel(
        { name: 'answer', input: z.object({ question: z.string() }), output, stream: textStream() },
        {
          variants: {
            a: { predictor: scripted('a', first), version: '1' },
            b: { predictor: scripted('b', second), version: '1' },
          },
          champion: 'a',
          fallback: ['b'],
          policies: [retry({ attempts: 2, baseMs: 10 }), circuitBreaker(), concurrencyLimit({ max: 3 })],
          stream: { firstContentMs: 1000, idleMs: 1000, onBreak },
        },
      );
      await clock.advance(1000);
      const before = clock.pending;
      const abort = new AbortController();
      let listeners = 0;
      const { signal } = abort;
      const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
      signal.addEventListener = (...given: Parameters<typeof add>) => (listeners++, add(...given));
      signal.removeEventListener = (...given: Parameters<typeof remove>) => (listeners--, remove(...given));
      if (abortsAt !== null) clock.schedule(() => abort.abort(new Error('left')), abortsAt);

      let chunks: string[] = [];
      let isOver = false;
      let failed = false;
      const stream = model.stream({ question: 'why?' }, { signal });
      const settled = stream.decision.then(
        () => 'served',
        () => 'failed',
      );
      const work = (async () => {
        if (!reads) return;
        let read = 0;
        for await (const event of stream.events()) {
          if (event.type === 'reset') chunks = [];
          else chunks.push(event.chunk);
          if (slowMs > 0) await sleep(slowMs);
          if (leavesAfter !== null && ++read > leavesAfter) break;
        }
      })().then(
        () => (isOver = true),
        () => (isOver = failed = true),
      );
      for (let step = 0; step < 40; step++) await clock.advance(step < 20 ? 100 : 60_000);
      expect(isOver).toBe(true);
      await work;
      const end = await Promise.race([settled, clock.advance(60_000).then(() => 'open')]);
      const status = model.status();
      const active = Object.values(status.variants).map(({ policies }) => policies['concurrencyLimit']?.['active']);
      expect({ end: end !== 'open', inFlight: status.calls.inFlight, active, pending: clock.pending - before }).toEqual({
        end: true,
        inFlight: 0,
        active: [0, 0],
        pending: 0,
      });
      if (abortsAt === null) expect(listeners).toBe(0);
      const said = chunks.filter((chunk) => chunk !== '').map((chunk) => chunk.split('.'));
      expect(new Set(said.map(([attempt]) => attempt)).size).toBeLessThanOrEqual(1);
      expect(said.map(([, index]) => Number(index))).toEqual(said.map((_, index) => index));
      if (reads && !failed && leavesAfter === null) expect(end).toBe('served');
      await understudy.close({ timeoutMs: 0 }).catch(() => undefined);
    }),
    { numRuns: 300 },
  );
});
