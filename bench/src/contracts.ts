import { circuitBreaker, concurrencyLimit, retry, timeout } from '@understudy/core/policies';
import { seededRandom } from '@understudy/core/testing';
import * as z from 'zod';

/** More than ever run at once here: the limit is measured, not its queue. */
export const PLACES = 30_000;

/** What every stack consists of: timeout, retry, circuit breaker, concurrency limit. */
export const fourPolicies = (ms = 1000) => [timeout({ ms }), retry(), circuitBreaker(), concurrencyLimit({ limit: PLACES })];

/** The call that everything is compared with. */
export const noop = async (): Promise<number> => 1;

const output = z.object({ malignant: z.number().min(0).max(1) });
export const raw = { malignant: 0.5 };
export const predictor = async (): Promise<typeof raw> => ({ malignant: 0.5 });

export const threeFields = { input: z.object({ radius: z.number(), texture: z.number(), site: z.string() }), output };
const names = Array.from({ length: 30 }, (_, index) => `feature${index}`);
export const thirtyFields = { input: z.object(Object.fromEntries(names.map((name) => [name, z.number()]))), output };

// Different inputs in turn: a benchmark of one repeated input flatters whatever branches on it.
const random = seededRandom(7);
const SITES = ['left', 'right', 'both', 'unknown'];
export const smallRows = Array.from({ length: 1024 }, (_, index) => ({
  radius: random() * 30,
  texture: random() * 40,
  site: SITES[index % 4] ?? '',
}));
export const wideRows = Array.from({ length: 1024 }, () => Object.fromEntries(names.map((name) => [name, random() * 100])));

/** Gives the items in turn, over and over. */
export function cycle<T>(items: readonly T[]): () => T {
  let index = 0;
  return () => items[index++ % items.length] as T;
}
