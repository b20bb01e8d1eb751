import { SHARED } from '../control/shared-keys.ts';
import type { SharedDecisions } from '../control/shared-decisions.ts';
import { RecentMap } from '../routing/recent-map.ts';
import type { DecisionFact, MonitorReading, MonitorRun, OutcomeFact } from '../types/index.ts';
import type { OutcomePart, TargetView } from './monitor.ts';
import { type OutcomeCoverage, OutcomeLedger } from './outcome-ledger.ts';
import { RecentShare } from './recent-share.ts';
import { predictionOf } from './target-value.ts';

/** A monitor that keeps something of its own of each decision. */
interface Keeping {
  readonly keep?: MonitorRun['keep'] | undefined;
  outcome?(outcome: OutcomeFact, kept: unknown): void;
}
type Keeper = Keeping & { readonly keep: Exclude<MonitorRun['keep'], 'prediction' | undefined> };

interface OutcomeJoinDependencies {
  /** By the name of the monitor. */
  readonly runs: ReadonlyMap<string, Keeping>;
  readonly target: TargetView | undefined;
  /** Decisions that are kept here. */
  readonly remembered: number;
  /** Keeps them for the other processes too. */
  readonly sharing: SharedDecisions | undefined;
  /** An outcome has come to its decision. */
  readonly joined: () => void;
}

/** What is shared of a decision: names are short, since there are many. */
interface Shared {
  /** Tier, who served, when in milliseconds since the Unix epoch, and with which probability. */
  readonly t: DecisionFact['tier'];
  readonly s: string;
  readonly a: number;
  readonly p: number;
  /** The prediction, and what monitors kept by their names: other releases may have others. */
  readonly y?: unknown;
  readonly k: Readonly<Record<string, unknown>>;
}

type Told = Pick<DecisionFact, 'tier' | 'servedBy' | 'at' | 'probability'> & { readonly sampled: boolean };

/** After the id of a decision: what was kept of what was served, and of what a paused model would have answered. */
const { served: SERVED, sampled: SAMPLED } = SHARED;
/** Outcomes of what other tiers served that wait for the answer of a paused model, which may come after them. */
const MAX_EARLY = 1000;
/** Shares above which it is a warning. */
const MAX_UNJOINED = 0.05;
const MAX_UNPREDICTED = 0.01;
/** Kinds of outcomes that one decision has. */
const MAX_OUTCOMES = 8;

/** Keeps of each decision what monitors want back, and tells them of outcomes with it, wherever the decision was made. */
export class OutcomeJoin {
  readonly #runs: readonly (readonly [name: string, run: Keeping])[];
  readonly #keepers: readonly { readonly place: number; readonly run: Keeper }[];
  /** Where the prediction is kept, for the monitors that want no more; undefined where none does. */
  readonly #predictions: number | undefined;
  readonly #keeps: boolean;
  readonly #ledger: OutcomeLedger;
  readonly #dependencies: OutcomeJoinDependencies;
  readonly #unjoined = new RecentShare();
  readonly #unpredicted = new RecentShare();
  /** By the key of the decision. */
  readonly #early = new RecentMap<readonly OutcomePart[]>(MAX_EARLY);

  constructor(dependencies: OutcomeJoinDependencies) {
    const runs = [...dependencies.runs.values()];
    this.#dependencies = dependencies;
    this.#runs = [...dependencies.runs];
    this.#keepers = runs.flatMap((run, place) => (isKeeper(run) ? [{ place, run }] : []));
    const keepsPrediction = runs.some(({ keep }) => keep === 'prediction');
    this.#predictions = keepsPrediction ? runs.length : undefined;
    this.#keeps = keepsPrediction || this.#keepers.length > 0;
    this.#ledger = new OutcomeLedger([...runs.map(isKeeper), keepsPrediction], this.#keeps ? dependencies.remembered : 0);
  }

  /** On the call path. @param key stands for the decision's id here */
  keep(decision: DecisionFact, key: number): void {
    if (!this.#keeps) return;
    const { target, sharing } = this.#dependencies;
    const prediction = target === undefined ? undefined : predictionOf(decision, target);
    if (target !== undefined && decision.tier === 'model') this.#unpredicted.add(prediction === undefined);
    const slot = this.#ledger.keep(decision, key);
    for (let at = 0; at < this.#keepers.length; at++) {
      const keeper = this.#keepers[at];
      if (keeper !== undefined) this.#ledger.put(slot, keeper.place, keeper.run.keep(decision, prediction));
    }
    if (this.#predictions !== undefined) this.#ledger.put(slot, this.#predictions, prediction);
    if (sharing !== undefined) this.#sharing(sharing, decision, slot);
    if (decision.sampled === true) this.#joinEarly(key);
  }

  /**
   * Resolves when it is joined, or may be joined later only: its decision may be on its way to the store.
   * @returns false where no monitor can score it: its decision is known neither here nor in the store
   */
  async outcome(id: string, key: number, outcome: OutcomePart): Promise<boolean> {
    const known = this.#ledger.recall(key);
    for (const decision of known) this.#join(decision, outcome);
    const [first, second] = known;
    // A model that is paused may still be asked.
    if (first !== undefined && second === undefined && !first.sampled && first.tier !== 'model') this.#waits(key, outcome);
    if (known.length > 0) {
      this.#unjoined.add(false);
      return true;
    }
    const { sharing } = this.#dependencies;
    if (sharing === undefined) {
      this.#missed();
      return !this.#keeps;
    }
    if (!(await this.#joinShared(id, outcome, (part) => sharing.recall(part)))) void this.#joinLater(sharing, id, outcome);
    return true;
  }

  status(): OutcomeCoverage {
    return this.#ledger.status();
  }

  /** What a monitor is to say of the outcomes and predictions that it never saw. */
  readings({ keep, learns }: { readonly keep?: MonitorRun['keep'] | undefined; readonly learns: boolean }): MonitorReading[] {
    if (keep === undefined || !this.#keeps) return [];
    const { target, remembered } = this.#dependencies;
    return [
      ...this.#unpredicted.readings(
        'invalid-predictions',
        MAX_UNPREDICTED,
        `answers of the model hold no ${target?.kind ?? 'prediction'} in ${target?.field ?? 'the target'}: they are in no score.`,
      ),
      ...(learns
        ? this.#unjoined.readings(
            'unjoined-outcomes',
            MAX_UNJOINED,
            `outcomes found no decision: ${remembered} are remembered here. Raise outcomes.remembered, or share decisions where other processes made them (outcomes.sharing).`,
          )
        : []),
    ];
  }

  #missed(): void {
    this.#unjoined.add(true);
    this.#ledger.missed();
  }

  #waits(key: number, outcome: OutcomePart): void {
    const waiting = this.#early.get(String(key)) ?? [];
    if (waiting.length < MAX_OUTCOMES) this.#early.set(String(key), [...waiting, outcome]);
  }

  /** Outcomes that were there before the sampled answer. */
  #joinEarly(key: number): void {
    const waiting = this.#early.get(String(key)) ?? [];
    if (waiting.length === 0) return;
    this.#early.set(String(key), []);
    const sampled = this.#ledger.recall(key).find((decision) => decision.sampled);
    if (sampled !== undefined) for (const outcome of waiting) this.#join(sampled, outcome);
  }

  #join(decision: Parameters<OutcomeLedger['joined']>[0], outcome: OutcomePart): void {
    if (outcome.truth !== undefined) this.#ledger.joined(decision, outcome.at);
    this.#tell(decision, outcome, decision.kept);
  }

  #sharing(sharing: SharedDecisions, { id, tier, servedBy, at, probability, sampled }: DecisionFact, slot: number): void {
    const kept = this.#ledger.keptAt(slot);
    const own = this.#keepers.flatMap(({ place }): (readonly [string, unknown])[] => {
      const [name] = this.#runs[place] ?? [''];
      return kept[place] === undefined ? [] : [[name, kept[place]]];
    });
    const y = this.#predictions === undefined ? undefined : kept[this.#predictions];
    const shared: Shared = {
      t: tier,
      s: servedBy,
      a: at,
      p: probability,
      k: Object.fromEntries(own),
      ...(y === undefined ? {} : { y }),
    };
    sharing.put(id + (sampled === true ? SAMPLED : SERVED), shared);
  }

  async #joinLater(sharing: SharedDecisions, id: string, outcome: OutcomePart): Promise<void> {
    if (!(await this.#joinShared(id, outcome, (part) => sharing.recallLater(part)))) this.#missed();
  }

  /** Whether it was joined. */
  async #joinShared(id: string, outcome: OutcomePart, recall: (part: string) => Promise<unknown>): Promise<boolean> {
    const [served, sampled] = await Promise.all([recall(id + SERVED), recall(id + SAMPLED)]);
    const found = [served, sampled].filter(isShared);
    if (found.length > 0) this.#unjoined.add(false);
    if (isShared(served)) this.#joinOther(served, false, outcome);
    if (isShared(sampled)) this.#joinOther(sampled, true, outcome);
    else if (isShared(served) && served.t !== 'model') void this.#joinSampledLater(id, outcome);
    return found.length > 0;
  }

  async #joinSampledLater(id: string, outcome: OutcomePart): Promise<void> {
    const sampled = await this.#dependencies.sharing?.recallLater(id + SAMPLED);
    if (isShared(sampled)) this.#joinOther(sampled, true, outcome);
  }

  #joinOther({ t: tier, s: servedBy, a: at, p: probability, y, k }: Shared, sampled: boolean, outcome: OutcomePart): void {
    const decision = { tier, servedBy, at, probability, sampled };
    if (outcome.truth !== undefined) this.#ledger.joinedElsewhere(decision, outcome.at);
    const kept = this.#runs.map(([name]) => (Object.hasOwn(k, name) ? k[name] : undefined));
    this.#tell(decision, outcome, [...kept, y]);
  }

  #tell({ tier, servedBy, at: decidedAt, probability, sampled }: Told, outcome: OutcomePart, kept: readonly unknown[]): void {
    this.#dependencies.joined();
    const fact: OutcomeFact = { ...outcome, tier, servedBy, decidedAt, probability, sampled };
    for (const [place, [, run]] of this.#runs.entries())
      run.outcome?.(fact, kept[run.keep === 'prediction' ? this.#runs.length : place]);
  }
}

const isKeeper = (run: Keeping): run is Keeper => typeof run.keep === 'function';

/** The store may hold what another release wrote. */
function isShared(value: unknown): value is Shared {
  if (typeof value !== 'object' || value === null || !('k' in value)) return false;
  const { t, s, a, p, k } = value as Partial<Shared>;
  const isTold = typeof t === 'string' && typeof s === 'string' && typeof a === 'number' && typeof p === 'number';
  return isTold && typeof k === 'object' && k !== null;
}
