import {
  type Kinds,
  oneOf,
  options as optionsKind,
  over,
  readOptions,
  share as shareKind,
  text,
  whole,
} from '../errors/index.ts';
import { SharedTotals } from '../fleet/shared-totals.ts';
import type { Clock } from '../time/index.ts';
import type {
  AttemptResult,
  FailureKind,
  CallReport,
  CustomPolicy,
  PolicyCall,
  PolicyDependencies,
  PolicyMachine,
  PolicySnapshot,
  Refusal,
  ResultClass,
} from '../types/index.ts';
import { costMicroUsd, priceAt, type Prices, pricesKind, tokensOf } from '../usage/index.ts';
import { failureKind } from './failure-kind.ts';
import { copyOf } from './copy-of.ts';
import { RecentQuantile } from './recent-quantile.ts';
import { sharedMachine } from './shared-machine.ts';
import { type Measure, SpendAccount } from './spend-account.ts';
import { SpendAccounts } from './spend-accounts.ts';

/** What may be spent in a day, from midnight to midnight UTC. */
export interface DailyLimit {
  /** US dollars, over 0. @defaultValue no limit */
  readonly usdPerDay?: number;
  /** Tokens of input and output together, at least 1. @defaultValue no limit */
  readonly tokensPerDay?: number;
}

export interface BudgetOptions extends DailyLimit {
  /** What each unit may spend: calls with `unit`. @defaultValue no limit */
  readonly perUnit?: DailyLimit;
  /** What each tenant may spend: calls with `tenant`. @defaultValue no limit */
  readonly perTenant?: DailyLimit;
  /** From this share of a limit on the budget is soft: over 0, up to 1. @defaultValue 0.8 */
  readonly softShare?: number;
  /** What a soft budget does: refuse calls that another tier can serve, or only say so in `status()`. @defaultValue 'fall-back' */
  readonly onSoft?: 'fall-back' | 'alert';
  /** What tokens cost, by the name of the model that answered. @defaultValue the prices of the model and the runtime */
  readonly prices?: Prices;
  /** Shares one budget between all that name it in a runtime. They must all have the same options. @defaultValue one for each model that has it */
  readonly share?: string;
}

const DAILY: Kinds<DailyLimit> = { usdPerDay: over(0), tokensPerDay: whole() };
const BUDGET: Kinds<BudgetOptions> = {
  ...DAILY,
  perUnit: optionsKind<DailyLimit>(DAILY),
  perTenant: optionsKind<DailyLimit>(DAILY),
  softShare: shareKind,
  onSoft: oneOf('fall-back', 'alert'),
  prices: pricesKind,
  share: text,
};
const DAY_MS = 86_400_000;
const MICRO = 1_000_000;
/** Before anything is known of costs, a call is thought to cost this part of the limit. */
const FIRST_GUESS = 0.01;
/** More names without a price are a fault of whoever reports them. */
const MOST_UNPRICED = 20;
/** Failures of which the endpoint may still send a bill, although it has reported nothing. */
const BILLED: ReadonlySet<unknown> = new Set<FailureKind>(['timeout', 'stream-cut', 'invalid-output']);

/**
 * Keeps what is spent in a day (UTC) within limits: in all, by unit, by tenant. A call in flight counts as what 95 % of the calls of its variant cost,
 * so that a burst does not spend more than there is; before the first answer of a variant it counts as a hundredth of the limit, so that a burst of dear
 * calls may then spend more. From `softShare` of a limit on, calls that another tier can serve are refused, so that
 * a cheaper one serves; at the limit all are. Both are `BUDGET_EXHAUSTED`. What a call costs comes from its usage (`call.report()`)
 * and from prices: models without one are told in the snapshot, and are never thought to be free. With a store that outlives the process,
 * a fleet has one budget: what others spend is known about a second later, and by an idle process within ten seconds.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function budget(options: BudgetOptions): CustomPolicy {
  const defaults = { softShare: 0.8, onSoft: 'fall-back' } as const;
  const settings = readOptions('budget', copyOf(options), BUDGET, defaults, (given) => [
    [
      [given, given.perUnit, given.perTenant].some(
        (limit) => limit?.usdPerDay !== undefined || limit?.tokensPerDay !== undefined,
      ),
      'usdPerDay',
      'a limit: usdPerDay or tokensPerDay, of all or in perUnit or perTenant',
    ],
  ]);
  return {
    kind: 'budget',
    create: (dependencies) => {
      const { name } = dependencies;
      const create = (key: string): Budget => new Budget(settings, dependencies, key);
      const shared = sharedMachine('budget', settings.share, 'model', settings, dependencies, create);
      // Who names no model in its reports is known to prices by the name of its variant.
      return new VariantBudget(shared, name.slice(name.lastIndexOf('/') + 1));
    },
  };
}

type Settings = BudgetOptions & Required<Pick<BudgetOptions, 'softShare' | 'onSoft'>>;
type State = 'ok' | 'soft' | 'hard';

/** One limit of one account. */
interface Check {
  readonly account: SpendAccount;
  readonly measure: Measure;
  readonly limit: number;
  readonly whose: string;
}

interface Reservation {
  readonly accounts: readonly SpendAccount[];
  readonly usd: number;
  readonly tokens: number;
}

const MEASURES: readonly Measure[] = ['usd', 'tokens'];

/** What the calls of one variant cost: those of a cheaper one say nothing of them. */
interface VariantCosts extends Record<Measure, RecentQuantile> {
  readonly variant: string;
}

/** A budget as one variant uses it. */
class VariantBudget implements PolicyMachine {
  readonly #budget: Budget;
  readonly #costs: VariantCosts;

  constructor(shared: Budget, variant: string) {
    this.#budget = shared;
    this.#costs = { variant, usd: new RecentQuantile(0.95, 100), tokens: new RecentQuantile(0.95) };
  }

  admit(_now: number, call: PolicyCall): number | Refusal {
    return this.#budget.admit(call, this.#costs);
  }

  settle(permit: number, resultClass: ResultClass, _now: number, result: AttemptResult): void {
    this.#budget.settle(permit, resultClass, result, this.#costs);
  }

  snapshot(): PolicySnapshot {
    return this.#budget.snapshot();
  }
}

class Budget {
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #changed: PolicyDependencies['changed'];
  readonly #name: string;
  readonly #whole = new SpendAccount();
  readonly #units = new SpendAccounts('u');
  readonly #tenants = new SpendAccounts('t');
  readonly #reservations = new Map<number, Reservation>();
  readonly #unpriced = new Set<string>();
  readonly #totals: SharedTotals | undefined;
  #permit = 0;
  #day: number;
  #state: State = 'ok';
  #refused = 0;
  #uncounted = 0;

  constructor(settings: Settings, { clock, changed, name, store }: PolicyDependencies, key: string) {
    this.#settings = settings;
    this.#clock = clock;
    this.#changed = changed;
    this.#name = name;
    this.#day = Math.floor(clock.wall() / DAY_MS);
    if (store === undefined || store.volatile) return;
    this.#totals = new SharedTotals({
      store,
      clock,
      keyOf: (day) => `limits/${key}/${day}`,
      own: () => this.#own(),
      others: (day, parts) => this.#merge(day, parts),
    });
  }

  admit(call: PolicyCall, costs: VariantCosts): number | Refusal {
    this.#turn();
    this.#totals?.touch();
    const checks = this.#checksOf(call);
    const refusal = this.#refusalOf(call, checks, costs);
    if (refusal !== undefined) {
      this.#refused++;
      return refusal;
    }
    const permit = this.#permit++;
    const accounts = [...new Set(checks.map(({ account }) => account))];
    const reservation = { accounts, usd: guessOf('usd', checks, costs), tokens: guessOf('tokens', checks, costs) };
    this.#reserve(reservation, 1);
    this.#reservations.set(permit, reservation);
    return permit;
  }

  settle(permit: number, resultClass: ResultClass, result: AttemptResult, costs: VariantCosts): void {
    const reservation = this.#reservations.get(permit);
    if (reservation === undefined) return;
    this.#reservations.delete(permit);
    this.#reserve(reservation, -1);
    this.#turn();
    if (resultClass === 'rejected') return;
    for (const measure of MEASURES) this.#count(measure, reservation, resultClass, result, costs);
    this.#tell();
    this.#totals?.touch();
  }

  snapshot(): PolicySnapshot {
    this.#turn();
    const { usdPerDay, tokensPerDay } = this.#settings;
    const whole = this.#whole;
    const money = (amount: number): number => amount / MICRO;
    const usd = whole.spent.usd + whole.others.usd;
    const tokens = whole.spent.tokens + whole.others.tokens;
    return {
      state: this.#stateNow(),
      spentUsd: money(usd),
      ...(usdPerDay === undefined ? {} : { usdPerDay, leftUsd: money(Math.max(0, Math.round(usdPerDay * MICRO - usd))) }),
      spentTokens: tokens,
      ...(tokensPerDay === undefined ? {} : { tokensPerDay, leftTokens: Math.max(0, tokensPerDay - tokens) }),
      estimatedUsd: money(whole.guessed.usd),
      reservedUsd: money(whole.reserved.usd),
      inFlight: this.#reservations.size,
      refused: this.#refused,
      units: this.#units.size,
      tenants: this.#tenants.size,
      forgotten: this.#units.forgotten + this.#tenants.forgotten,
      uncounted: this.#uncounted,
      ...(this.#unpriced.size === 0 ? {} : { unpriced: [...this.#unpriced].join(', ') }),
      ...(this.#totals === undefined ? {} : { storeFailure: this.#totals.failure?.message ?? null }),
    };
  }

  close(): void {
    void this.#totals?.close();
  }

  /** The limits that a call is under. */
  #checksOf({ unit, tenant }: PolicyCall): readonly Check[] {
    const { perUnit, perTenant } = this.#settings;
    const of = (account: SpendAccount, { usdPerDay, tokensPerDay }: DailyLimit, whose: string): Check[] => [
      { account, measure: 'usd', limit: (usdPerDay ?? Infinity) * MICRO, whose },
      { account, measure: 'tokens', limit: tokensPerDay ?? Infinity, whose },
    ];
    return [
      ...of(this.#whole, this.#settings, 'its'),
      ...(perUnit === undefined || unit === '' ? [] : of(this.#units.of(unit), perUnit, "its unit's")),
      ...(perTenant === undefined || tenant === undefined ? [] : of(this.#tenants.of(tenant), perTenant, "its tenant's")),
    ];
  }

  #refusalOf(call: PolicyCall, checks: readonly Check[], costs: VariantCosts): Refusal | undefined {
    const { softShare, onSoft } = this.#settings;
    for (const { account, measure, limit, whose } of checks) {
      const total = account.total(measure);
      const next = total + guessOf(measure, checks, costs);
      // The first call of all goes, whatever is thought of it.
      const isOver = (bound: number): boolean => total >= bound || (total > 0 && next > bound);
      const amount = measure === 'usd' ? `${limit / MICRO} dollars` : `${limit} tokens`;
      const what = (bound: number): string =>
        total >= bound ? 'is spent' : 'is not enough for another call beside those in flight';
      if (isOver(limit))
        return this.#refusal(`${whose} budget of ${amount} a day ${what(limit)}: raise it, or wait for midnight UTC`);
      const soft = limit * softShare;
      if (onSoft === 'fall-back' && call.hasFallback && isOver(soft))
        return this.#refusal(
          `${Math.round(softShare * 100)} % of ${whose} budget of ${amount} a day ${what(soft)}: other tiers serve`,
        );
    }
    return undefined;
  }

  #refusal(refused: string): Refusal {
    return { code: 'BUDGET_EXHAUSTED', refused, retryAfterMs: Math.ceil((this.#day + 1) * DAY_MS - this.#clock.wall()) };
  }

  #reserve({ accounts, usd, tokens }: Reservation, sign: 1 | -1): void {
    for (const { reserved } of accounts) {
      reserved.usd += sign * usd;
      reserved.tokens += sign * tokens;
    }
  }

  #count(measure: Measure, reservation: Reservation, resultClass: ResultClass, result: AttemptResult, costs: VariantCosts): void {
    const { report, error, costMicroUsd: cost } = result;
    const told = report === undefined ? undefined : this.#amountOf(measure, report, cost, costs.variant);
    const isFree =
      report?.usage === undefined &&
      (resultClass === 'throttled' ||
        resultClass === 'caller-error' ||
        (resultClass === 'failed' && !BILLED.has(failureKind(error))));
    if (isFree) return;
    const isGuess = told === undefined || report?.estimated === true;
    const known = costs[measure].value;
    // What it does not tell is thought to be as much as others were; what has no price, as much as was kept for it.
    const amount = told ?? known ?? (report?.usage === undefined ? 0 : reservation[measure]);
    if (!isGuess) costs[measure].add(amount);
    if (told === undefined && known === undefined && measure === this.#mainMeasure) this.#uncounted++;
    for (const { spent, guessed } of reservation.accounts) {
      spent[measure] += amount;
      if (isGuess) guessed[measure] += amount;
    }
  }

  get #mainMeasure(): Measure {
    const { usdPerDay, perUnit, perTenant } = this.#settings;
    return (usdPerDay ?? perUnit?.usdPerDay ?? perTenant?.usdPerDay) ? 'usd' : 'tokens';
  }

  #amountOf(measure: Measure, report: CallReport, cost: number | undefined, variant: string): number | undefined {
    const { usage } = report;
    if (usage === undefined) return undefined;
    if (measure === 'tokens') return tokensOf(usage);
    const { prices } = this.#settings;
    const { model = variant } = report;
    const price = prices === undefined ? undefined : priceAt(prices, model, this.#clock.wall());
    const amount = price === undefined ? cost : costMicroUsd(usage, price);
    if (amount === undefined && this.#mainMeasure === 'usd' && this.#unpriced.size < MOST_UNPRICED) this.#unpriced.add(model);
    return amount;
  }

  #stateNow(): State {
    const { usdPerDay, tokensPerDay, softShare } = this.#settings;
    const { spent, others } = this.#whole;
    const part = Math.max(
      (spent.usd + others.usd) / ((usdPerDay ?? Infinity) * MICRO),
      (spent.tokens + others.tokens) / (tokensPerDay ?? Infinity),
    );
    return part >= 1 ? 'hard' : part >= softShare ? 'soft' : 'ok';
  }

  /** Tells of a change of the whole. */
  #tell(): void {
    const to = this.#stateNow();
    const from = this.#state;
    if (to === from) return;
    this.#state = to;
    const spent = `${((this.#whole.spent.usd + this.#whole.others.usd) / MICRO).toFixed(2)} dollars and ${this.#whole.spent.tokens + this.#whole.others.tokens} tokens today`;
    this.#changed({ kind: 'budget', name: this.#name, from, to, reason: `spent ${spent}` });
  }

  /** Begins a new day when it has come. A clock that is set back over midnight does not bring the old one again; one that was far ahead is right now. */
  #turn(): void {
    const day = Math.floor(this.#clock.wall() / DAY_MS);
    if (day === this.#day || day === this.#day - 1) return;
    this.#day = day;
    this.#whole.clear();
    this.#units.clear();
    this.#tenants.clear();
    this.#uncounted = 0;
    this.#tell();
  }

  #own(): { readonly period: number; readonly counters: Record<string, number> } {
    this.#turn();
    const { usd, tokens } = this.#whole.spent;
    const counters: Record<string, number> = { usd, tokens };
    this.#units.addCounters(counters);
    this.#tenants.addCounters(counters);
    return { period: this.#day, counters };
  }

  #merge(day: number, parts: readonly Readonly<Record<string, number>>[]): void {
    if (day !== this.#day) return;
    const sum = (name: string): number => parts.reduce((total, part) => total + Math.max(0, part[name] ?? 0), 0);
    Object.assign(this.#whole.others, { usd: sum('usd'), tokens: sum('tokens') });
    this.#units.merge(parts);
    this.#tenants.merge(parts);
    this.#tell();
  }
}

/** What a call is thought to cost. */
function guessOf(measure: Measure, checks: readonly Check[], costs: VariantCosts): number {
  const known = costs[measure].value;
  if (known !== undefined) return known;
  const limits = checks.filter((check) => check.measure === measure && check.limit < Infinity).map(({ limit }) => limit);
  return limits.length === 0 ? 0 : Math.ceil(Math.min(...limits) * FIRST_GUESS);
}
