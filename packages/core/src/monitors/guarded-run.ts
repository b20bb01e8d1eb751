import { isRecord } from '../errors/index.ts';
import type { CounterPart, DecisionFact, FieldDistribution, MonitorReading, MonitorRun, OutcomeFact } from '../types/index.ts';
import { atOnce } from '../time/index.ts';
import { MonitorFailures } from './monitor-failures.ts';
import type { AnyMonitor, BuiltInContext } from './monitor.ts';
import { distributionsOf, worstFields } from './worst-fields.ts';

/**
 * A monitor at work whose code may be anybody's: what it throws, rejects with or returns in place of readings fails no call and
 * ends no process. It is counted, and told as readings.
 */
export class GuardedRun {
  readonly failures: MonitorFailures;
  readonly keep: MonitorRun['keep'];
  readonly observes: boolean;
  readonly learns: boolean;
  readonly shares: boolean;
  readonly #run: MonitorRun;
  readonly #distributes: boolean;

  /** @param failed is told of what a function threw, by its name */
  constructor(monitor: AnyMonitor, context: Omit<BuiltInContext, 'failures'>, failed?: (what: string, thrown: unknown) => void) {
    this.failures = new MonitorFailures(failed);
    const run = this.failures.guarded('start', () => checked(monitor.start({ ...context, failures: this.failures }))) ?? SILENT;
    this.#run = run;
    this.observes = run.observe !== undefined;
    this.learns = run.outcome !== undefined;
    this.shares = run.counters !== undefined;
    this.#distributes = run.distributions !== undefined;
    // Whoever learns from outcomes is told of them, also where nothing of the decision is needed.
    const keep = run.keep ?? (this.learns ? () => undefined : undefined);
    this.keep = typeof keep === 'function' ? (decision, prediction) => this.#keep(keep, decision, prediction) : keep;
  }

  /** How many cases it has counted; `undefined` where it does not say. */
  get cases(): number | undefined {
    const cases = this.failures.guarded('cases', () => this.#run.cases?.());
    return typeof cases === 'number' ? cases : undefined;
  }

  observe(decision: DecisionFact): void {
    try {
      this.failures.settled('observe', this.#run.observe?.(decision));
    } catch (error) {
      this.failures.failed('observe', error);
    }
  }

  invalidInput(paths: readonly string[], at: number): void {
    this.failures.guarded('invalidInput', () => this.#run.invalidInput?.(paths, at));
  }

  outcome(outcome: OutcomeFact, kept: unknown): void {
    this.failures.guarded('outcome', () => this.#run.outcome?.(outcome, kept));
  }

  /**
   * `undefined` where it failed: what was known of it stays.
   *
   * @param pause asked between steps: it resolves when the event loop has gone on, or returns nothing where that is not due
   */
  async read(now: number, pause: () => Promise<void> | undefined): Promise<readonly MonitorReading[] | undefined> {
    try {
      const steps = this.#run.steps?.(now);
      const given = steps === undefined ? this.#run.read(now) : await this.#stepped(steps, pause);
      this.failures.settled('read', given);
      if (!Array.isArray(given)) throw new Error('it returned no list of readings');
      const readings: readonly unknown[] = given;
      const wrong = readings.findIndex((reading) => !isReading(reading));
      if (wrong >= 0) throw new Error(`readings[${wrong}] is no reading`);
      return readings.filter(isReading);
    } catch (error) {
      this.failures.failed('read', error);
      return undefined;
    }
  }

  /** What the steps come to. Each is looked at: an async generator answers promises, and one without an end would hold all monitors. */
  async #stepped(steps: Generator<undefined, unknown>, pause: () => Promise<void> | undefined): Promise<unknown> {
    for (let count = 0; count < MAX_STEPS; count++) {
      const step: Partial<IteratorResult<undefined, unknown>> | undefined = steps.next();
      if (typeof step?.done !== 'boolean') {
        this.failures.settled('steps', step);
        throw new Error('steps() is no generator: it may not be async');
      }
      if (step.done) return step.value;
      const paused = pause();
      if (paused !== undefined) await paused;
    }
    throw new Error(`steps() took more than ${MAX_STEPS} steps`);
  }

  /** Distributions of the worst fields among the readings, in their order; none where it failed. */
  distributions(readings: readonly MonitorReading[]): readonly FieldDistribution[] {
    if (!this.#distributes) return [];
    const worst = worstFields(readings);
    if (worst.length === 0) return [];
    try {
      const given: unknown = this.#run.distributions?.(worst);
      this.failures.settled('distributions', given);
      return distributionsOf(worst, given);
    } catch (error) {
      this.failures.failed('distributions', error);
      return [];
    }
  }

  counters(now: number): Readonly<Record<string, number>> {
    return (
      this.failures.guarded('counters', () => {
        const told: unknown = this.failures.settled('counters', this.#run.counters?.(now));
        if (!isRecord(told) || typeof told['then'] === 'function') throw new Error('it returned no object of numbers');
        const counters = Object.entries(told).filter(([, value]) => value !== undefined);
        // One that no store takes would keep the numbers of every monitor from the other processes.
        const odd = counters.find(([, value]) => !Number.isFinite(value));
        if (odd !== undefined) throw new Error(`${odd[0]}: expected a finite number, got ${String(odd[1])}`);
        return Object.fromEntries(counters) as Record<string, number>;
      }) ?? {}
    );
  }

  merge(others: readonly Omit<CounterPart, 'sequence'>[]): void {
    this.failures.guarded('merge', () => this.#run.merge?.(others));
  }

  #keep(
    keep: Exclude<MonitorRun['keep'], 'prediction' | undefined>,
    decision: DecisionFact,
    prediction: number | string | undefined,
  ): unknown {
    try {
      const kept = keep.call(this.#run, decision, prediction);
      if (kept instanceof Promise) void this.failures.settled('keep', kept);
      return kept;
    } catch (error) {
      this.failures.failed('keep', error);
      return undefined;
    }
  }
}

/** Steps of one judgement: far beyond any that ends. */
const MAX_STEPS = 100_000;

/** In place of a monitor that does not start. */
const SILENT: MonitorRun = { read: () => [] };

function checked(run: unknown): MonitorRun {
  if (typeof run === 'object' && run !== null && typeof Reflect.get(run, 'read') === 'function') return run as MonitorRun;
  atOnce(run);
  throw new Error('it returned no run with a read()');
}

const STATUSES: ReadonlySet<unknown> = new Set(['ok', 'warn', 'breach', 'insufficient']);

/** Whether a value, which may come from a monitor of the user's, is a reading. */
export function isReading(value: unknown): value is MonitorReading {
  if (typeof value !== 'object' || value === null) return false;
  const reading = value as { readonly [K in keyof MonitorReading]?: unknown };
  const isText = (text: unknown): boolean => text === undefined || typeof text === 'string';
  const isFigure = (figure: unknown): boolean => figure === null || typeof figure === 'number';
  return (
    typeof reading.measure === 'string' &&
    isText(reading.field) &&
    isText(reading.segment) &&
    typeof reading.n === 'number' &&
    isFigure(reading.value) &&
    isFigure(reading.limit) &&
    (reading.interval === null || Array.isArray(reading.interval)) &&
    STATUSES.has(reading.status) &&
    typeof reading.reason === 'string'
  );
}
