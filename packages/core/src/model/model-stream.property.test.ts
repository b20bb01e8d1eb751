import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { always } from '../fallback/always.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { concurrencyLimit } from '../policies/concurrency-limit.ts';
import { hedge } from '../policies/hedge.ts';
import { rateLimit } from '../policies/rate-limit.ts';
import { retry } from '../policies/retry.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Call, Policy } from '../types/index.ts';
import { textStream } from './model-stream.ts';

/** What a source does next. Words are numbered by their variant, so that a repeat is seen. */
type Line = 'word' | 'empty' | 'throw' | 'end' | 'hang' | { readonly wait: number };
/** What a reader does next. */
type Act = 'read' | 'read-twice' | 'break' | 'abort' | { readonly rest: number };

const line = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Line>('word') },
  fc.constantFrom<Line>('empty', 'throw', 'end', 'hang'),
  fc.record({ wait: fc.constantFrom(1, 40, 400, 5000) }),
);
const act = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Act>('read') },
  fc.constantFrom<Act>('read-twice', 'break', 'abort'),
  fc.record({ rest: fc.constantFrom(1, 60, 700, 9000) }),
);
const setting = fc.record({
  scripts: fc.array(fc.array(line, { maxLength: 12 }), { minLength: 2, maxLength: 5 }),
  acts: fc.array(act, { minLength: 1, maxLength: 14 }),
  onBreak: fc.constantFrom('error' as const, 'restart' as const, 'continue' as const),
  policies: fc.subarray(['retry', 'hedge', 'circuit', 'limit', 'rate']),
  hasFixed: fc.boolean(),
  deadlineMs: fc.constantFrom(300, 3000, 60_000),
});

function policiesOf(names: readonly string[]): Policy[] {
  const all: Record<string, () => Policy> = {
    retry: () => retry({ attempts: 3, baseMs: 5 }),
    hedge: () => hedge({ delayMs: 50 }),
    circuit: () => circuitBreaker({ consecutiveFailures: 3 }),
    limit: () => concurrencyLimit({ limit: 2, maxQueue: 2 }),
    rate: () => rateLimit({ perSecond: 20 }),
  };
  return names.flatMap((name) => all[name]?.() ?? []);
}

test('30 property: whatever sources and readers do, nothing is said twice, every stream and decision settles, and nothing is left behind', async () => {
  await fc.assert(
    fc.asyncProperty(setting, async ({ scripts, acts, onBreak, policies, hasFixed, deadlineMs }) => {
      const clock = new VirtualClock();
      let opened = 0;
      let words = 0;
      const speak = (name: string) =>
        async function* (_input: unknown, call: Call): AsyncGenerator<string> {
          const script = scripts[opened++ % scripts.length] ?? [];
          // One that goes on begins after what was read.
          let word = call.delivered === undefined ? 0 : call.delivered.filter((chunk) => chunk !== '').length;
          for (const next of script) {
            if (next === 'word') {
              words++;
              yield `${name}${word++} `;
            } else if (next === 'empty') yield '';
            else if (next === 'throw') throw Object.assign(new Error('broken'), { code: 'ECONNRESET' });
            else if (next === 'end') return;
            else if (next === 'hang') await new Promise(() => undefined);
            else await new Promise<void>((wake) => clock.schedule(wake, next.wait));
          }
        };
      const model = createUnderstudy({ clock }).defineModel(
        { name: 'm', input: z.object({}), output: z.string(), stream: textStream() },
        {
          variants: {
            a: { predictor: speak('a'), version: '1', stream: { continues: true } },
            b: { predictor: speak('b'), version: '1', stream: { continues: true } },
          },
          champion: 'a',
          fallback: hasFixed ? ['b', always('fixed')] : ['b'],
          policies: policiesOf(policies),
          stream: { firstContentMs: 800, idleMs: 500, onBreak },
        },
      );
      const caller = new AbortController();
      let settled: unknown;
      const stream = model.stream({}, { signal: caller.signal, deadlineMs });
      stream.decision.then(
        (decision) => (settled = decision),
        (error: unknown) => (settled = error),
      );
      const events = stream.events();
      let text = '';
      let isOver = false;
      const take = async (): Promise<void> => {
        try {
          const { done, value } = await events.next();
          if (done === true) isOver = true;
          else if (value.type === 'reset') text = '';
          else text += value.chunk;
        } catch {
          isOver = true;
        }
      };
      for (const next of acts) {
        if (next === 'read' || next === 'read-twice') {
          const reads = next === 'read' ? [take()] : [take(), take()];
          await clock.advance(100);
          // A read may wait for longer: the next act comes meanwhile.
          void reads;
        } else if (next === 'break') await events.return?.();
        else if (next === 'abort') caller.abort('gone');
        else await clock.advance(next.rest);
      }
      // Whoever still reads does so to the end.
      for (let reads = 0; reads < 60; reads++) {
        if (isOver) break;
        void take();
        await clock.advance(2000);
      }
      await clock.advance(130_000);
      expect(settled).toBeDefined();
      // Words of one speaker, in order, each once; one who goes on begins where the other ended.
      // A fixed answer is the whole of it.
      if (text.includes('fixed')) expect(text).toBe('fixed');
      const numbers = text
        .trim()
        .split(' ')
        .filter((word) => word !== '' && word !== 'fixed')
        .map((word) => Number(word.slice(1)));
      expect(numbers).toEqual(numbers.map((_, index) => index));
      const status = model.status();
      expect(status.calls).toMatchObject({ total: 1, inFlight: 0 });
      for (const { policies: states } of Object.values(status.variants)) {
        expect(states['concurrencyLimit'] ?? {}).toMatchObject('concurrencyLimit' in states ? { queued: 0 } : {});
        for (const kind of ['retry', 'hedge']) expect(states[kind]?.['inFlight'] ?? 0).toBe(0);
      }
      await model.close();
      expect(words).toBeGreaterThanOrEqual(numbers.length);
    }),
    { seed: 30, numRuns: 400 },
  );
});
