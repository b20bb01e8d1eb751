import type { UnderstudyError } from '@understudy/core/adapters';

/** What a page asks of a worker. `drop`: nobody waits for the run with this id any more. */
export type Question<M extends object> = { readonly id: number } & (M | { readonly kind: 'drop' });

/**
 * What a worker answers. `begun`: the run with this id can no longer be dropped. `chunk`: some of its answer. `fatal`: the worker is of no
 * use any more.
 */
export type Answer<V> =
  | { readonly id: number; readonly begun: true }
  | { readonly id: number; readonly chunk: unknown }
  | { readonly id: number; readonly value: V }
  | { readonly id: number; readonly code: UnderstudyError['code']; readonly message: string; readonly fatal: boolean };
