import { SharedState } from '../policies/compose.ts';
import { Executor, MAX_THROTTLE_MS } from '../policies/executor.ts';
import { instantiate } from '../policies/merge.ts';
import { timeout } from '../policies/timeout.ts';
import { Bucketing, TOTAL_WEIGHT } from '../routing/bucketing.ts';
import { type Comparator, sameData, sameLabel, sameSide, withinTolerance } from '../routing/comparators.ts';
import { ShadowJob, type ShadowResult, type ShadowTarget, ShadowTicket } from '../routing/shadow-job.ts';
import { ShadowPool } from '../routing/shadow.ts';
import type { AnyContract } from './any-definition.ts';
import type { ModelDependencies } from './model-dependencies.ts';
import type { ShadowOptions } from './model-options.ts';
import type { Variant } from './plan.ts';
import type { ShadowStatus } from './status.ts';

/** A schema that says how two of its values are compared, where most of what they hold is no answer. */
export interface ComparedSchema {
  readonly '~compare'?: Comparator<unknown>;
}

type AnyShadowOptions = ShadowOptions<unknown, unknown>;

/** One shadowed variant. */
export class Shadow {
  readonly variant: Variant;
  readonly #threshold: number;
  readonly #bucketing: Bucketing;
  readonly #target: ShadowTarget;
  readonly #pool: ShadowPool;
  readonly #random: () => number;
  readonly #report: (result: ShadowResult) => void;
  #pairs = 0;
  #agreements = 0;
  #failures = 0;

  constructor(
    model: string,
    variant: Variant,
    options: AnyShadowOptions,
    compare: Comparator<unknown>,
    accept: (output: unknown) => unknown,
    dependencies: ModelDependencies,
    report: (result: ShadowResult) => void,
    failed: (callback: string, error: unknown) => void,
  ) {
    const { sampleRate = 1, concurrency = 10, maxQueue = 1000, timeoutMs = 10_000, maxPerMinute = 6000 } = options;
    this.variant = variant;
    this.#threshold = sampleRate * TOTAL_WEIGHT;
    this.#bucketing = new Bucketing(`${model}/shadow/${variant.name}`);
    this.#random = dependencies.random;
    this.#report = report;
    // Its own, also during a drill: faults are for calls that somebody waits for, and no evidence.
    const { predictor } = variant;
    this.#target = {
      variant: variant.name,
      version: variant.version,
      predictor: (input, call) => predictor(input, call),
      accept,
      compare: options.compare ?? compare,
      failed: (error) => failed(`shadow.${variant.name}.compare`, error),
    };
    const name = `${model}/${variant.name} (shadow)`;
    const shared = new SharedState();
    const { slots, custom } = instantiate([timeout({ ms: timeoutMs })], {
      name,
      clock: dependencies.clock,
      random: dependencies.random,
      changed: () => undefined,
      onClose: () => undefined,
      shared: (_scope, key, create) => shared.get(key, create),
    });
    const executor = new Executor(name, slots, custom, {
      clock: dependencies.clock,
      timers: dependencies.backgroundTimers,
      leases: dependencies.backgroundTimers,
      classify: undefined,
      maxThrottleMs: MAX_THROTTLE_MS,
      fault: () => undefined,
    });
    this.#pool = new ShadowPool(
      executor,
      { concurrency, maxQueue, timeoutMs, maxPerMinute },
      dependencies.clock,
      dependencies.defer,
      (ticket, hold) => new ShadowJob(this.#target, ticket, this.#compared, hold),
    );
  }

  /**
   * Launches a shadow if the unit is in the sample; costs a hash and a push. Returns the newest ticket of the call.
   * @param others tickets of the call's other shadows
   */
  launch(input: unknown, unit: string, others: ShadowTicket | undefined): ShadowTicket | undefined {
    if (this.#threshold < TOTAL_WEIGHT) {
      const bucket = unit === '' ? this.#random() * TOTAL_WEIGHT : this.#bucketing.bucket(unit);
      if (bucket >= this.#threshold) return others;
    }
    const ticket = new ShadowTicket(input, unit, others);
    return this.#pool.launch(ticket) ? ticket : others;
  }

  status(): ShadowStatus {
    return {
      ...this.#pool.status(),
      pairs: this.#pairs,
      agreements: this.#agreements,
      agreement: this.#pairs === 0 ? null : this.#agreements / this.#pairs,
      failures: this.#failures,
    };
  }

  idle(): Promise<void> {
    return this.#pool.idle();
  }

  readonly #compared = (result: ShadowResult): void => {
    if (result.agrees !== null) {
      this.#pairs++;
      if (result.agrees) this.#agreements++;
    }
    if (result.errorType !== undefined) this.#failures++;
    this.#report(result);
  };
}

/** How outputs are compared where no comparator is given: by the contract's target, as a schema of ours says, else by deep equality. */
export function defaultComparator(target: AnyContract['target'], output?: ComparedSchema): Comparator<unknown> {
  if (target === undefined) return output?.['~compare'] ?? sameData;
  const { kind, field } = target;
  const comparator: Comparator<Record<string, number>> =
    kind === 'label'
      ? sameLabel(field)
      : kind === 'number'
        ? withinTolerance(field, { relative: 1e-6 })
        : sameSide(field, target.positiveAt);
  return comparator as Comparator<unknown>;
}
