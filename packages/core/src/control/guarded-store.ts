import { errorText, isRecord, UnderstudyError } from '../errors/index.ts';
import type { CounterPart, StateStore, Versioned } from '../types/index.ts';
import { atOnce, type Clock, withTimeout } from '../time/index.ts';

/** A store has times of its own: this is for one that never answers, in milliseconds. */
const LONGEST_MS = 30_000;

/**
 * A store as the library may rely on it, whatever the one within does: each call settles, its answer has the form that the call
 * promises, and a failure is an error of ours, bounded in length. What is lost by a watch is made up for by polling.
 */
export function guardedStore(store: StateStore, clock: Clock): StateStore {
  const { name, volatile, acceptLoss } = store;
  const failed = (what: string, cause?: unknown): UnderstudyError =>
    new UnderstudyError('STORE_UNAVAILABLE', `The store "${name}" ${what}. Try again when it is back.`, {
      ...(cause === undefined ? {} : { cause }),
      retryable: true,
    });

  async function exchange<T>(method: string, work: () => unknown, fits: (answer: unknown) => answer is T): Promise<T> {
    const late = (): never => {
      throw failed(`did not answer ${method} within ${LONGEST_MS} ms`);
    };
    let answer: unknown;
    try {
      answer = await withTimeout({ clock, ms: LONGEST_MS, background: true }, work, late);
    } catch (error) {
      throw isOurs(error) ? error : failed(`failed at ${method}: ${errorText(error)}`, error);
    }
    if (isTrue(() => fits(answer))) return answer as T;
    throw failed(`answered ${method} with something else than it promises`);
  }

  return {
    name,
    volatile,
    ...(acceptLoss === undefined ? {} : { acceptLoss }),
    read: (key, options) => exchange('read', () => store.read(key, options), isVersioned),
    compareAndSet: (key, expected, value) =>
      exchange('compareAndSet', () => store.compareAndSet(key, expected, value), isVersionOrNone),
    mergeCounters: (key, part) => exchange('mergeCounters', () => store.mergeCounters(key, part), isBoolean),
    readCounters: (key) => exchange('readCounters', () => store.readCounters(key), isParts),
    claim: (key, members) => exchange('claim', () => store.claim(key, members), isListOf(members.length, isBoolean)),
    forget: async (key) => void (await exchange('forget', () => store.forget(key), isAnything)),
    ...(store.remember === undefined
      ? {}
      : {
          remember: async (key, entries, keepMs) =>
            void (await exchange('remember', () => store.remember?.(key, entries, keepMs), isAnything)),
        }),
    ...(store.recall === undefined
      ? {}
      : { recall: (key, ids) => exchange('recall', () => store.recall?.(key, ids), isListOf(ids.length, isTextOrNone)) }),
    ...(store.now === undefined ? {} : { now: () => exchange('now', () => store.now?.(), isTime) }),
    ...(store.watch === undefined ? {} : { watch: (key, changed) => guardedWatch(store, key, changed) }),
    ...(store.close === undefined ? {} : { close: () => store.close?.() }),
  };
}

function guardedWatch(store: StateStore, key: string, changed: () => void): () => void {
  let end: unknown;
  isTrue(() => {
    end = atOnce(store.watch?.(key, changed));
    return true;
  });
  return () => void isTrue(() => typeof end === 'function' && atOnce(end()) !== null);
}

/** Whether `check` holds; one that throws, such as on a revoked proxy, does not. */
function isTrue(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

const isOurs = (error: unknown): boolean => isTrue(() => UnderstudyError.is(error));
const isAnything = (_answer: unknown): _answer is unknown => true;
const isBoolean = (answer: unknown): answer is boolean => typeof answer === 'boolean';
const isTime = (answer: unknown): answer is number => Number.isFinite(answer) && Number(answer) >= 0;
const isTextOrNone = (answer: unknown): answer is string | undefined => answer === undefined || typeof answer === 'string';
const isVersion = (answer: unknown): answer is number => Number.isSafeInteger(answer) && Number(answer) >= 0;
const isVersionOrNone = (answer: unknown): answer is number | undefined => answer === undefined || isVersion(answer);
const isVersioned = (answer: unknown): answer is Versioned => isRecord(answer) && isVersion(answer['version']);

const isListOf =
  <T>(length: number, fits: (item: unknown) => item is T) =>
  (answer: unknown): answer is readonly T[] =>
    Array.isArray(answer) && answer.length === length && Array.from(answer).every(fits);

const isParts = (answer: unknown): answer is readonly CounterPart[] => Array.isArray(answer) && answer.every(isPart);

function isPart(part: unknown): part is CounterPart {
  if (!isRecord(part)) return false;
  const { instance, sequence, counters } = part;
  return (
    typeof instance === 'string' &&
    Number.isFinite(sequence) &&
    isRecord(counters) &&
    Object.values(counters).every(Number.isFinite)
  );
}
