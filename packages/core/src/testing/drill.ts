import { memoryStore } from '../control/memory-store.ts';
import {
  count,
  isRecord,
  kind,
  type Kinds,
  list,
  ms,
  problemsError,
  readOptions,
  required,
  share as shareKind,
  text,
  UnderstudyError,
  withMethods,
} from '../errors/index.ts';
import type { CircuitChangedEvent, DecisionEvent } from '../events/event.ts';
import { ManagedModel } from '../model/managed-model.ts';
import { type Clock, systemClock } from '../time/index.ts';
import type { AdapterPredictor, Call, ControlNote } from '../types/index.ts';
import { type Fault, injectFaults } from './inject-faults.ts';
import { testModel } from './test-model.ts';

export interface DrillOptions {
  /** At most this share of the calls of the variant gets a fault, over 0, at most 1. */
  readonly share: number;
  /** Who rehearses: `authorize` of the runtime is asked, with the command `drill`. */
  readonly by: ControlNote['by'];
  /** Why: it goes into the audit trail. */
  readonly reason: string;
  /** How long faults are injected, in milliseconds. */
  readonly forMs: number;
  /** The variant whose calls get them. @defaultValue the champion */
  readonly variant?: string;
  /** What goes wrong, in turn. One fault is for all attempts of its call, so that retries do not hide it. @defaultValue status 503 */
  readonly faults?: readonly Fault[];
  /** So many failed attempts that the drill did not cause end it at once. @defaultValue 3 */
  readonly maxRealFailures?: number;
  /** How long the variant may take to serve again afterwards, in milliseconds. @defaultValue 60000 */
  readonly recoveryMs?: number;
  /** Ends the drill before its time. */
  readonly signal?: AbortSignal;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

export interface DrillReport {
  readonly model: string;
  /** When it ended, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly variant: string;
  readonly by: string;
  readonly reason: string;
  readonly share: number;
  /**
   * `unserved`: a call with a fault was served by nothing, or a fault hit a call that could not be rescued. `stopped`: by the signal, or since the model
   * was closed.
   */
  readonly endedBy: 'time' | 'real-failures' | 'unserved' | 'stopped';
  /** How long faults were injected, in milliseconds. */
  readonly durationMs: number;
  /** Calls of the variant meanwhile, how many got a fault, and attempts that failed without one. */
  readonly calls: number;
  readonly faulted: number;
  readonly realFailures: number;
  /**
   * What served the calls with a fault, by the name of the variant or tier; what served none is under `none`. A call that has not ended within
   * `recoveryMs`, as a fault `hang` makes it, is under `pending`.
   */
  readonly servedBy: Readonly<Record<string, number>>;
  /** What the circuit of the variant did, in milliseconds from the start. */
  readonly circuit: readonly { readonly atMs: number; readonly from: string; readonly to: string }[];
  /** From the end of the faults until the variant served again, in milliseconds; `null`: it did not within `recoveryMs`, or had no fault. */
  readonly recoveryMs: number | null;
  /** A roll-back, rehearsed on a copy of the model: nothing of the live one changes. `null` without a rollout. */
  readonly rollBack: { readonly works: boolean; readonly reason: string } | null;
}

const FAULTS = new Set(['delay', 'error', 'throw', 'status', 'output', 'hang']);
const fault = kind(
  (value) => isRecord(value) && FAULTS.has(String(value['kind'])),
  "a fault, such as { kind: 'status', status: 503 }",
);
const operator = kind(
  (value) => isRecord(value) && typeof value['id'] === 'string' && Array.isArray(value['roles']),
  '{ id, roles }',
);

const DRILL: Kinds<DrillOptions> = {
  share: required(shareKind),
  by: required(operator),
  reason: required(text),
  forMs: required(ms),
  variant: text,
  faults: list(fault, 1),
  maxRealFailures: count,
  recoveryMs: ms,
  signal: withMethods('addEventListener', 'removeEventListener', 'throwIfAborted'),
  clock: withMethods('now', 'wall', 'schedule', 'cancel'),
};
const DEFAULTS = {
  faults: [{ kind: 'status', status: 503 }],
  maxRealFailures: 3,
  recoveryMs: 60_000,
  clock: systemClock,
} as const;

/**
 * Rehearses an outage on a live model: injects faults into a share of the calls of one variant, in this process alone, and reports what served them,
 * what the circuit did, how soon the variant served again, and whether a roll-back works. It is authorised and audited as a command, begins and
 * end. It ends by itself; at once when a call with a fault is served by nothing, or when failures come that it did not cause. Batches and shadows get no
 * fault. A model has one drill at a time.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for options that make no sense, for what `defineModel` has not made, and where no tier comes after the
 * variant; `FORBIDDEN`, `UNKNOWN_VARIANT`, `INPUT_INVALID`, `CLOSED`; `CONTROL_CONFLICT` while another drill of the model runs
 */
export async function drill(model: { readonly name: string }, options: DrillOptions): Promise<DrillReport> {
  const settings = readOptions<DrillOptions, typeof DEFAULTS>('drill', options, DRILL, DEFAULTS);
  if (!(model instanceof ManagedModel))
    throw problemsError('CONFIGURATION_INVALID', 'drill()', [
      { path: 'model', message: 'expected what defineModel() returned, from the same copy of @understudy/core' },
    ]);
  const { champion, fallback = [] } = model.definition.options;
  const { variant = champion, clock, share, by, reason, forMs } = settings;
  if (fallback.every((entry) => entry === variant))
    throw problemsError('CONFIGURATION_INVALID', 'drill()', [
      { path: 'model', message: 'expected a model with another tier: callers would get the faults. Give it a fallback' },
    ]);
  const run = new DrillRun(settings.faults, share, settings.maxRealFailures);
  const startedAt = clock.now();
  const circuit: DrillReport['circuit'][number][] = [];
  const listeners = [
    model.on('decision', (event) => run.decided(event, variant, clock.now())),
    model.on('circuit-changed', (event: CircuitChangedEvent) => {
      if (event.variant === variant) circuit.push({ atMs: clock.now() - startedAt, from: event.from, to: event.to });
    }),
  ];
  const { signal } = settings;
  try {
    const restore = await model.rehearse(variant, { by, reason }, run.wrap, run.close);
    let endedBy: DrillReport['endedBy'] = 'stopped';
    try {
      endedBy = await within(clock, forMs, signal, run.ended, 'time');
    } finally {
      // Whatever happens: nothing is left in the way of the variant.
      run.isOver = true;
      restore({ by, reason: `The drill is over (${endedBy}): ${run.faulted} of ${run.calls} calls got a fault.` });
    }
    const endedAt = clock.now();
    if (run.faulted > 0 && !run.isClosed) await within(clock, settings.recoveryMs, signal, run.settled(), 'time');
    return {
      model: model.name,
      at: clock.wall(),
      variant,
      by: by.id,
      reason,
      share,
      endedBy,
      durationMs: endedAt - startedAt,
      calls: run.calls,
      faulted: run.faulted,
      realFailures: run.realFailures,
      servedBy: Object.fromEntries(run.pending === 0 ? run.servedBy : [...run.servedBy, ['pending', run.pending]]),
      circuit,
      recoveryMs: run.recoveredAt === undefined ? null : run.recoveredAt - endedAt,
      rollBack: await rehearsedRollBack(model, { by, reason }),
    };
  } finally {
    for (const end of listeners) end();
  }
}

/** What a drill knows while it runs. */
class DrillRun {
  calls = 0;
  faulted = 0;
  realFailures = 0;
  isOver = false;
  isClosed = false;
  recoveredAt: number | undefined;
  readonly servedBy = new Map<string, number>();
  readonly #faults: readonly Fault[];
  readonly #share: number;
  readonly #maxRealFailures: number;
  /** Calls in flight that have a fault, by the start of their decision's id. */
  readonly #marked = new Map<string, Fault>();
  readonly #end = Promise.withResolvers<'real-failures' | 'unserved' | 'stopped'>();
  readonly #recovered = Promise.withResolvers<'recovered'>();
  readonly #allEnded = Promise.withResolvers<void>();

  constructor(faults: readonly Fault[], share: number, maxRealFailures: number) {
    this.#faults = faults;
    this.#share = share;
    this.#maxRealFailures = maxRealFailures;
  }

  get ended(): Promise<'real-failures' | 'unserved' | 'stopped'> {
    return this.#end.promise;
  }

  /** Calls with a fault that have not ended. */
  get pending(): number {
    return this.#marked.size;
  }

  /** Resolves when the variant serves again after the faults, and every call with a fault has ended. */
  async settled(): Promise<'recovered'> {
    if (this.pending > 0) await this.#allEnded.promise;
    return this.#recovered.promise;
  }

  /** The model closes. */
  readonly close = (): void => {
    this.isClosed = true;
    this.#end.resolve('stopped');
  };

  readonly wrap = (predictor: AdapterPredictor): AdapterPredictor => {
    const faulty =
      (work: (input: unknown, call: Call) => unknown) =>
      (input: unknown, call: Call): unknown => {
        const found = this.#faultOf(call);
        if (found === undefined) return work(input, call);
        const broken = injectFaults(work);
        broken.next(found);
        return broken(input, call);
      };
    const { stream } = predictor;
    return Object.assign(
      faulty(predictor),
      predictor,
      stream === undefined ? {} : { stream: faulty(stream) },
    ) as AdapterPredictor;
  };

  decided(event: DecisionEvent, variant: string, now: number): void {
    const stem = [...this.#marked.keys()].find((key) => event.id.startsWith(key));
    if (stem !== undefined) {
      this.#marked.delete(stem);
      if (this.isOver && this.pending === 0) this.#allEnded.resolve();
      const name = event.servedBy === '' ? 'none' : event.servedBy;
      this.servedBy.set(name, (this.servedBy.get(name) ?? 0) + 1);
      if (event.outcome === 'failed') this.#end.resolve('unserved');
      return;
    }
    if (this.isOver && event.servedBy === variant && event.tier === 'model') {
      this.recoveredAt ??= now;
      this.#recovered.resolve('recovered');
    }
    // A circuit that the drill has opened refuses calls: that is no failure of its own.
    const failed = event.attempts.filter(({ name, resultClass }) => name === variant && resultClass === 'failed').length;
    this.realFailures += event.outcome === 'failed' ? Math.max(1, failed) : failed;
    if (this.realFailures >= this.#maxRealFailures) this.#end.resolve('real-failures');
  }

  #faultOf(call: Call): Fault | undefined {
    const known = this.#marked.get(call.idempotencyKey);
    if (known !== undefined || call.attempt > 1) return known;
    this.calls++;
    if (this.isOver || this.faulted + 1 > this.#share * this.calls) return undefined;
    const found = this.#faults[this.faulted % this.#faults.length];
    this.faulted++;
    if (found !== undefined) this.#marked.set(call.idempotencyKey, found);
    return found;
  }
}

/** What `work` says; what is said where it takes too long; `stopped` where nobody wants to wait any longer. */
function within<T, U extends string>(
  clock: Clock,
  limitMs: number,
  signal: AbortSignal | undefined,
  work: Promise<T>,
  late: U,
): Promise<T | U | 'stopped'> {
  return new Promise((done) => {
    const end = (value: T | U | 'stopped'): void => {
      clock.cancel(timer);
      signal?.removeEventListener('abort', stop);
      done(value);
    };
    const timer = clock.schedule(() => end(late), limitMs, false);
    const stop = (): void => end('stopped');
    if (signal?.aborted === true) return stop();
    signal?.addEventListener('abort', stop, { once: true });
    void work.then(end);
  });
}

/** A roll-back on a copy: with a control document of its own, in memory. */
async function rehearsedRollBack(model: ManagedModel, note: ControlNote): Promise<DrillReport['rollBack']> {
  const { rollout, champion } = model.definition.options;
  if (rollout === undefined) return null;
  const { model: copy, understudy } = testModel(model, { runtime: { store: memoryStore({ acceptLoss: true }) } });
  try {
    await understudy.ready();
    await copy.control.rollout.promote(note);
    await copy.control.rollout.rollBack(note);
    const { rollout: state } = copy.status();
    const assigned = copy.assignmentOf('drill').variant;
    const works = state?.phase === 'rolled-back' && assigned === champion;
    return { works, reason: `The copy is ${state?.phase ?? 'without a rollout'}, and ${assigned} is assigned.` };
  } catch (error) {
    return { works: false, reason: UnderstudyError.is(error) ? error.message : 'The copy could not be rolled back.' };
  } finally {
    await understudy.close();
  }
}
