import {
  callback,
  countOr0,
  finite,
  list,
  oneOf,
  options as optionsOf,
  record,
  required,
  shareOr0,
  withMethods,
} from '../errors/index.ts';
import { type Monitor, type BuiltInContext, type MonitorOptions } from '../monitors/monitor.ts';
import { monitorBase } from '../monitors/monitor-base.ts';
import type { MonitorFailures } from '../monitors/monitor-failures.ts';
import type { DecisionFact, MonitorReading, MonitorRun, TierKind } from '../types/index.ts';
import type { Clock } from '../time/index.ts';
import type { ReviewQueue } from './review-queue.ts';

/** Which decisions people look at. Where several reasons hold, each draws by itself: the probability of a case is that of any of them. */
export interface ReviewSampleOptions<I, O> extends Pick<MonitorOptions, 'name'> {
  /** Where people find the cases. */
  readonly queue: ReviewQueue;
  /** Share of all decisions, at random, 0–1. @defaultValue 0 */
  readonly random?: number;
  /** Decisions of which the model is unsure. */
  readonly uncertain?: {
    /** How sure it is, such as the greatest probability of its output. */
    readonly confidence: (output: O, input: I) => number;
    /** Below it the model counts as unsure. */
    readonly below: number;
    /** The share of those that is looked at, 0–1. @defaultValue 1 */
    readonly share?: number;
  };
  /** A rule of yours: whether people look at a decision, or with what probability. */
  readonly rule?: (decision: {
    readonly input: I;
    readonly output: O;
    readonly servedBy: string;
    readonly tier: TierKind;
  }) => boolean | number;
  /** Shares by segment, 0–1. */
  readonly segments?: { readonly by: (input: I) => string; readonly shares: Readonly<Record<string, number>> };
  /** Tiers whose decisions are all looked at, such as those that serve while a model is paused. @defaultValue none */
  readonly tiers?: readonly TierKind[];
  /** Most cases of an hour, in this process: more are left out, and counted. @defaultValue 1000 */
  readonly maxPerHour?: number;
}

type Options = ReviewSampleOptions<unknown, unknown>;

const KINDS = {
  queue: required(withMethods('request', 'take', 'answer')),
  random: shareOr0,
  uncertain: optionsOf<NonNullable<Options['uncertain']>>({
    confidence: required(callback),
    below: required(finite),
    share: shareOr0,
  }),
  rule: callback,
  segments: optionsOf<NonNullable<Options['segments']>>({ by: required(callback), shares: required(record(shareOr0)) }),
  tiers: list(oneOf('model', 'cache', 'rules', 'always')),
  maxPerHour: countOr0,
};

const HOUR = 3_600_000;
/** Requests on their way to the store; more are left out, and counted. */
const MAX_PENDING = 1000;

/**
 * A monitor that asks people about decisions of its model, beside them: no call waits, and none fails. Each case has the probability with which it
 * was chosen, so that what people say can be weighted back to all decisions. Options that make no sense are told when the model is defined.
 */
export function reviewSample<I, O>(options: ReviewSampleOptions<I, O>): Monitor<{ readonly input: I; readonly output: O }> {
  const { base, settings } = monitorBase<Options>(
    'reviewSample',
    options as Options,
    { name: 'review', confirmations: 1 },
    KINDS,
  );
  return { ...base, onBreach: [], pausedSampleRate: 0, start: (context) => new Sampler(settings, context) };
}

interface Chosen {
  readonly why: string;
  readonly probability: number;
  readonly segment: string;
}

class Sampler implements MonitorRun {
  readonly #options: Options;
  readonly #model: string;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #failures: MonitorFailures;
  #seen = 0;
  #chosen = 0;
  #left = 0;
  #pending = 0;
  #hour = 0;
  #inHour = 0;

  constructor(options: Options, { model, clock, random, failures }: BuiltInContext) {
    this.#options = options;
    this.#model = model;
    this.#clock = clock;
    this.#random = random;
    this.#failures = failures;
  }

  observe(decision: DecisionFact): void {
    if (decision.tier === 'none' || decision.sampled === true) return;
    this.#seen++;
    const chosen = this.#choose(decision, decision.tier);
    if (chosen === undefined) return;
    if (!this.#hasRoom()) {
      this.#left++;
      return;
    }
    this.#chosen++;
    void this.#ask(decision, chosen);
  }

  read(): readonly MonitorReading[] {
    const [n, value] = [this.#seen, this.#seen === 0 ? null : this.#chosen / this.#seen];
    const left = this.#left === 0 ? '' : `, and left ${this.#left} out: too many in an hour, or a store that is slow`;
    const reason = `People were asked about ${this.#chosen} of ${n} decisions in this process${left}.`;
    return [{ measure: 'asked', n, value, interval: null, limit: null, status: this.#left > 0 ? 'warn' : 'ok', reason }];
  }

  cases(): number {
    return this.#seen;
  }

  /** Each reason draws by itself; the probability is that of any of them. */
  #choose({ input, output, servedBy }: DecisionFact, tier: TierKind): Chosen | undefined {
    const { random = 0, uncertain, rule, segments, tiers = [] } = this.#options;
    const named: unknown = segments === undefined ? '' : this.#failures.guarded('segments.by', () => segments.by(input));
    const segment = typeof named === 'string' ? named : '';
    const isUnsure = uncertain !== undefined && (this.#confidence(output, input) ?? Infinity) < uncertain.below;
    const ruled = this.#failures.guarded('rule', () => rule?.({ input, output, servedBy, tier }));
    const shares: readonly (readonly [why: string, share: number])[] = [
      [`served by the tier ${tier}`, tiers.includes(tier) ? 1 : 0],
      ['uncertain', isUnsure ? (uncertain.share ?? 1) : 0],
      ['rule', shareOf(ruled)],
      [
        `segment ${segment}`,
        segments !== undefined && Object.hasOwn(segments.shares, segment) ? (segments.shares[segment] ?? 0) : 0,
      ],
      ['random', random],
    ];
    let missed = 1;
    let why: string | undefined;
    for (const [name, share] of shares) {
      if (share <= 0) continue;
      missed *= 1 - share;
      if (this.#random() < share) why ??= name;
    }
    return why === undefined ? undefined : { why, probability: Math.min(1, 1 - missed), segment };
  }

  #confidence(output: unknown, input: unknown): number | undefined {
    const value: unknown = this.#failures.guarded('uncertain.confidence', () =>
      this.#options.uncertain?.confidence(output, input),
    );
    return typeof value === 'number' && !Number.isNaN(value) ? value : undefined;
  }

  #hasRoom(): boolean {
    const hour = Math.floor(this.#clock.wall() / HOUR);
    if (hour !== this.#hour) [this.#hour, this.#inHour] = [hour, 0];
    if (this.#pending >= MAX_PENDING || this.#inHour >= (this.#options.maxPerHour ?? 1000)) return false;
    this.#inHour++;
    return true;
  }

  async #ask({ id, input, output }: DecisionFact, { why, probability, segment }: Chosen): Promise<void> {
    this.#pending++;
    try {
      const about = { model: this.#model, decisionId: id, input, why, probability, ...(segment === '' ? {} : { segment }) };
      await this.#options.queue.request(output === undefined ? about : { ...about, output });
    } catch (error) {
      this.#failures.failed('queue.request', error);
    } finally {
      this.#pending--;
    }
  }
}

/** What a rule says, as a probability; anything else than a flag or a share is none. */
function shareOf(ruled: unknown): number {
  if (ruled === true) return 1;
  return typeof ruled === 'number' && ruled > 0 ? Math.min(1, ruled) : 0;
}
