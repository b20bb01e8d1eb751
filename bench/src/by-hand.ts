import { EventEmitter } from 'eventemitter3';
import type * as z from 'zod';

/**
 * What a careful team writes by hand around a predictor: both contracts, a guard, an id, and an event for three listeners. It
 * does less than `predict`: no fallback, no assignment, no explanation, no counters, no listener that may throw.
 */
export function byHand<I, R>(
  contract: { readonly input: z.ZodType<I>; readonly output: z.ZodType },
  predictor: (input: I) => Promise<R>,
  guard: (work: () => Promise<R>) => Promise<unknown>,
) {
  const emitter = new EventEmitter();
  for (let listener = 0; listener < 3; listener++) emitter.on('decision', countMs);
  return async (raw: unknown): Promise<object> => {
    const start = performance.now();
    const input = contract.input.parse(raw);
    const output = contract.output.parse(await guard(() => predictor(input)));
    const decision = { id: crypto.randomUUID(), input, output, variant: 'v1', version: '1' };
    emitter.emit('decision', {
      type: 'decision',
      id: decision.id,
      model: 'm',
      variant: 'v1',
      version: '1',
      at: Date.now(),
      durationMs: performance.now() - start,
      outcome: 'served',
    });
    return decision;
  };
}

let milliseconds = 0;

/** What each of the three listeners does, here and in the measurements of `predict`. */
export function countMs(event: { readonly durationMs?: number }): void {
  milliseconds += event.durationMs ?? 0;
}

export const countedMs = (): number => milliseconds;
