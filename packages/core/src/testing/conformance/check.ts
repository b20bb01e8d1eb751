import type { Guard } from './subject.ts';

/** The subject has no such shape. */
export class NotApplicable extends Error {}

export function need<T>(value: T | undefined): T {
  if (value === undefined) throw new NotApplicable('the subject has no such shape');
  return value;
}

/** A guard that can tell its state. */
export function needState(guard: Guard | undefined): Guard & { readonly state: () => string } {
  const subject = need(guard);
  return { ...subject, state: need(subject.state) };
}

/** Fails a case with what was seen. */
export function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

export const failing = async (): Promise<never> => {
  throw new Error('the endpoint failed');
};

export const answering = async (): Promise<string> => 'answer';

/** How a promise ended, as data. */
export async function outcome<T>(promise: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

/** Whether a promise has settled by now. */
export function watch<T>(promise: Promise<T>): {
  readonly settled: () => boolean;
  readonly result: Promise<{ readonly value: T } | { readonly error: unknown }>;
} {
  let settled = false;
  const result = outcome(promise).finally(() => {
    settled = true;
  });
  return { settled: () => settled, result };
}

/** A function whose calls end when they are told to. */
export function controlled(): {
  readonly work: (signal: AbortSignal | undefined) => Promise<string>;
  readonly calls: {
    readonly signal: AbortSignal | undefined;
    readonly resolve: (value: string) => void;
    readonly reject: (error: unknown) => void;
  }[];
} {
  const calls: ReturnType<typeof controlled>['calls'] = [];
  return { calls, work: (signal) => new Promise<string>((resolve, reject) => calls.push({ signal, resolve, reject })) };
}

export async function times(count: number, run: (index: number) => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index++) await outcome(run(index));
}
