import { count, type Kinds, msOr0, readOptions, readProperty as read, told } from '../errors/index.ts';
import type {
  AdapterPredictor,
  BatchMachine,
  Call,
  CallReport,
  PolicySnapshot,
  SlotPolicy,
  TraceContext,
  Usage,
} from '../types/index.ts';
import { promised, TimerNode } from '../time/index.ts';
import type { Attempt } from './attempt.ts';
import { classifyError } from './classify.ts';

export interface MicroBatchOptions {
  /** Most inputs of one batch, at least 1. @defaultValue 32 */
  readonly maxSize?: number;
  /** How long the first input of a batch waits for others, in milliseconds; 0: for those of the same turn. @defaultValue 5 */
  readonly maxWaitMs?: number;
}

const DEFAULTS = { maxSize: 32, maxWaitMs: 5 } as const;
const MICRO_BATCH: Kinds<MicroBatchOptions> = { maxSize: count, maxWaitMs: msOr0 };

/**
 * Gathers calls that come at the same time into one call of `predictor.predictBatch`, which answers them in order. An answer that is an `Error` fails
 * its own call alone. A batch that is refused as a whole because of what it holds (400, 413, 422, …) is asked again one by one, so that one bad
 * input does not fail its neighbours. A batch counts once for the circuit; each of its calls takes a place of `concurrencyLimit()`, and who leaves
 * does not stop the others. Variants without `predictBatch` are called one by one.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function microBatch(options: MicroBatchOptions = {}): SlotPolicy<'microBatch'> {
  const { maxSize, maxWaitMs } = readOptions('microBatch', options, MICRO_BATCH, DEFAULTS);
  return { kind: 'microBatch', slot: () => new MicroBatch(maxSize, maxWaitMs) };
}

interface Item {
  readonly input: unknown;
  readonly attempt: Attempt;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const isWaiting = ({ attempt }: Item): boolean => attempt.stopped === undefined;

class MicroBatch implements BatchMachine {
  readonly maxSize: number;
  readonly #maxWaitMs: number;
  #open: OpenBatch | undefined;
  #batches = 0;
  #inputs = 0;

  constructor(maxSize: number, maxWaitMs: number) {
    this.maxSize = maxSize;
    this.#maxWaitMs = maxWaitMs;
  }

  add(predictor: AdapterPredictor, input: unknown, attempt: Call): Promise<unknown> {
    // An answer to mend is shown to its model alone.
    if (attempt.repair !== undefined) return promised(() => predictor(input, attempt));
    return new Promise((resolve, reject) => {
      const open = (this.#open ??= this.#begin(predictor, attempt as Attempt));
      open.items.push({ input, attempt: attempt as Attempt, resolve, reject });
      if (open.items.length >= this.maxSize) open.expire();
    });
  }

  snapshot(): PolicySnapshot {
    return { batches: this.#batches, inputs: this.#inputs, waiting: this.#open?.items.length ?? 0 };
  }

  #begin(predictor: AdapterPredictor, { timers, startedAt }: Attempt): OpenBatch {
    const batch: OpenBatch = new OpenBatch(() => {
      if (this.#open === batch) this.#open = undefined;
      timers.remove(batch);
      // Who has left before it began takes no part in it.
      const items = batch.items.splice(0).filter(isWaiting);
      if (items.length === 0) return;
      this.#batches++;
      this.#inputs += items.length;
      void runBatch(predictor, items);
    });
    if (this.#maxWaitMs === 0) queueMicrotask(() => batch.expire());
    else {
      batch.expires = Math.floor(startedAt + this.#maxWaitMs) + 1;
      timers.add(batch);
    }
    return batch;
  }
}

/** A batch that still takes inputs, and the timer of its first one. */
class OpenBatch extends TimerNode {
  readonly items: Item[] = [];
  readonly #run: () => void;

  constructor(run: () => void) {
    super();
    this.#run = run;
  }

  override expire(): void {
    this.#run();
  }

  /** Nobody waits any longer. */
  override abandon(): void {}
}

async function runBatch(predictor: AdapterPredictor, items: readonly Item[]): Promise<void> {
  for (const { attempt } of items) attempt.isCounted = false;
  const call = new BatchCall(items);
  try {
    const answers: unknown = await promised(() =>
      predictor.predictBatch?.(
        items.map(({ input }) => input),
        call,
      ),
    );
    if (!Array.isArray(answers) || answers.length !== items.length)
      throw new TypeError(
        `predictBatch answered ${Array.isArray(answers) ? `${answers.length} outputs` : told(answers)} for ${items.length} inputs.`,
      );
    const waiting = items.filter(isWaiting);
    call.count(waiting.find((item) => !(answers[items.indexOf(item)] instanceof Error)) ?? waiting[0]);
    items.forEach(({ resolve, reject }, index) => {
      const answer: unknown = answers[index];
      if (answer instanceof Error) reject(answer);
      else resolve(answer);
    });
  } catch (error) {
    // What a batch is refused for may be one of its inputs: each is asked alone.
    if (items.length > 1 && classifyError(error, undefined) === 'caller-error') {
      for (const { input, attempt, resolve } of items.filter(isWaiting)) {
        attempt.isCounted = true;
        resolve(promised(() => predictor(input, attempt)));
      }
    } else {
      call.count(items.find(isWaiting));
      for (const { reject } of items) reject(error);
    }
  } finally {
    call.release();
  }
}

/** The call that `predictBatch` is given: it ends when all its calls have ended. */
class BatchCall implements Call {
  readonly #items: readonly Item[];
  readonly #controller = new AbortController();
  readonly #release: readonly (() => void)[];
  #left = 0;
  #isCounted = false;

  constructor(items: readonly Item[]) {
    this.#items = items;
    this.#release = items.map((item) => {
      const { signal } = item.attempt;
      const stopped = (): void => {
        if (item.attempt.stopped === 'failed') this.count(item);
        if (++this.#left === items.length) this.#controller.abort(signal.reason);
      };
      signal.addEventListener('abort', stopped, { once: true });
      return () => signal.removeEventListener('abort', stopped);
    });
  }

  /** The circuit counts a batch once: by this item. */
  count(item: Item | undefined): void {
    if (this.#isCounted || item === undefined) return;
    this.#isCounted = true;
    item.attempt.isCounted = true;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Of the call that has the most time left. */
  get remainingMs(): number {
    return Math.max(...this.#items.map(({ attempt }) => attempt.remainingMs));
  }

  get attempt(): number {
    return this.#first.attempt;
  }

  get idempotencyKey(): string {
    return this.#first.idempotencyKey;
  }

  get unit(): string {
    return this.#first.unit;
  }

  get parentId(): string | undefined {
    return this.#first.parentId;
  }

  get tenant(): string | undefined {
    return this.#first.tenant;
  }

  get trace(): TraceContext | undefined {
    return this.#first.trace;
  }

  readonly delivered = undefined;
  readonly repair = undefined;

  /** Each call that still waits bears its part. */
  report(report: CallReport): void {
    const usage: unknown = read(report, 'usage');
    const waiting = this.#items.filter(isWaiting);
    if (usage === undefined) return waiting.forEach(({ attempt }) => attempt.report(report));
    const rest = restOf(report);
    waiting.forEach(({ attempt }, index) => attempt.report({ ...rest, usage: partOf(usage, waiting.length, index) }));
  }

  release(): void {
    for (const release of this.#release) release();
  }

  get #first(): Attempt {
    return (this.#items[0] as Item).attempt;
  }
}

/** A report without its usage. What cannot be read is left out, as of a single call. */
function restOf(report: CallReport): CallReport {
  try {
    return { ...report };
  } catch {
    return {};
  }
}

/** One of `parts` equal parts of a usage, in whole tokens: the first one bears what is left over. */
function partOf(usage: unknown, parts: number, index: number): Usage {
  const part = (side: string, name: string): number | undefined => {
    const whole: unknown = read(read(usage, side), name);
    if (typeof whole !== 'number') return undefined;
    const each = Math.floor(whole / parts);
    return index === 0 ? whole - each * (parts - 1) : each;
  };
  return {
    inputTokens: {
      total: part('inputTokens', 'total'),
      noCache: part('inputTokens', 'noCache'),
      cacheRead: part('inputTokens', 'cacheRead'),
      cacheWrite: part('inputTokens', 'cacheWrite'),
    },
    outputTokens: {
      total: part('outputTokens', 'total'),
      text: part('outputTokens', 'text'),
      reasoning: part('outputTokens', 'reasoning'),
    },
  };
}
