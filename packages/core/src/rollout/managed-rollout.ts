import { BackgroundExchange } from '../fleet/background-exchange.ts';
import type { ControlDocument } from '../control/control-document.ts';
import { OwnPart } from '../control/own-part.ts';
import { liveWeight, type RolloutState } from '../control/rollout-state.ts';
import type { SharedDecisions } from '../control/shared-decisions.ts';
import type { RolloutCell } from '../routing/assignment.ts';
import { NO_UNIT } from '../routing/decision-id.ts';
import type { CallFact } from '../types/index.ts';
import { WordSet } from '../statistics/word-set.ts';
import { AgreedTime, CLOCK } from './agreed-time.ts';
import { type CallGate, CallTallies } from './call-tallies.ts';
import { DecisionMemory } from './decision-memory.ts';
import { EvidenceBook } from './evidence-book.ts';
import { FirstDecisions } from './first-decisions.ts';
import { GateChecks } from './gate-checks.ts';
import type { RolloutReading } from './gate-reading.ts';
import { entryProbability, judge } from './judge.ts';
import { type Block, nextStep } from './lifecycle.ts';
import { type GateRule, gateRules, mergeEvidence } from './merged-evidence.ts';
import { OutcomeClaims, outcomeGates, type RolloutOutcome, type ShadowPair } from './outcome-claims.ts';
import type { RolloutStatus } from './rollout-status.ts';
import { killed, RolloutTransitions, type RolloutTransitionsDependencies } from './rollout-transitions.ts';
import { UnitClaims } from './unit-claims.ts';
import type { ServedDecision, UnitEntry } from './unit-entry.ts';

export interface RolloutDependencies extends RolloutTransitionsDependencies {
  /** Hashes of name and version, as decision ids carry them. */
  readonly championHash: number;
  readonly challengerHash: number;
  readonly challengerVersion: string;
  /** A random 32-bit word. */
  readonly word: () => number;
  /** Evidence is exchanged and judged this often while there are calls, in milliseconds. */
  readonly everyMs: number;
  readonly better: (kpi: string) => 'higher' | 'lower';
  /** How long outcomes are waited for, in milliseconds. */
  readonly outcomeMs: number;
  /** Keeps decisions for the other processes too. */
  readonly sharing: SharedDecisions | undefined;
}

/**
 * The rollout of one model in one process: counts evidence, exchanges it with the other processes through the store, and makes
 * the next transition when it is the first to see it due. Nothing here is waited for by a call, and nothing runs while there are none.
 */
export class ManagedRollout {
  readonly #dependencies: RolloutDependencies;
  readonly #callGates: readonly CallGate[];
  readonly #outcomes: OutcomeClaims;
  readonly #rules: ReadonlyMap<string, GateRule>;
  readonly #checks: GateChecks;
  readonly #time: AgreedTime;
  readonly #transitions: RolloutTransitions;
  readonly #part: OwnPart;
  readonly #exchange: BackgroundExchange;
  #handDue = 0;
  #id = '';
  #startedAt = 0;
  /** When this process first saw the attempt. */
  #beganAt = Number.POSITIVE_INFINITY;
  #book = new EvidenceBook();
  #seen = new WordSet();
  #claims = new UnitClaims();
  #firsts: FirstDecisions;
  #tallies: CallTallies[] = [];
  #counted = false;
  #changed = false;
  #reading: RolloutReading | undefined;
  #block: Block | null = null;

  constructor(dependencies: RolloutDependencies) {
    const { gates } = dependencies.plan;
    this.#dependencies = dependencies;
    this.#callGates = gates.flatMap(({ name, canary }) =>
      canary?.source.kind === 'call' ? [{ gate: name, measure: canary, better: 'higher', source: canary.source }] : [],
    );
    this.#outcomes = new OutcomeClaims(outcomeGates(gates, dependencies.better), new DecisionMemory(), dependencies.sharing);
    this.#checks = new GateChecks(dependencies.clock);
    this.#time = new AgreedTime(dependencies.clock, dependencies.everyMs);
    this.#transitions = new RolloutTransitions(dependencies);
    this.#rules = gateRules(gates, dependencies.better);
    this.#firsts = new FirstDecisions(this.#outcomes.awaitedMs(dependencies.outcomeMs), dependencies.everyMs);
    this.#part = new OwnPart(dependencies.word);
    this.#exchange = new BackgroundExchange({
      ...dependencies,
      firstMs: 0,
      exchange: () => this.#sync(),
      // What waits must not be forgotten when there are no more calls.
      waits: () => this.#changed || this.#firsts.waiting > 0,
    });
  }

  /** The rollout in force, if the document is about what this release declares. */
  current(document: ControlDocument): RolloutState | undefined {
    return this.#transitions.current(document);
  }

  /** Called with every call: sees to it that evidence is exchanged soon. Costs a comparison. */
  touch(): void {
    this.#exchange.touch();
  }

  /**
   * A call of a unit that was left to chance begins: `undefined` where another call of the unit did before, in this stage and in this
   * process. That is all that most calls of a returning unit cost.
   *
   * @param word 32 bits of a hash of the unit
   * @param unitHash the whole hash, as ids carry it
   */
  enter(cell: RolloutCell, unit: string, word: number, unitHash: (unit: string) => string): UnitEntry | undefined {
    if (cell.rollout !== this.#id && !this.#begins(cell.rollout)) return undefined;
    if (!this.#seen.add(mixed(word, cell.stage))) return undefined;
    const entry = this.#talliesOf(cell).enter(unitHash(unit));
    this.#claims.push(entry);
    this.#changed = true;
    return entry;
  }

  /** The call that entered has ended. */
  ended(entry: UnitEntry, fact: CallFact, served: ServedDecision | undefined): void {
    entry.ended(fact, served);
    this.#counts();
  }

  /** A call without a unit has ended: each counts. */
  decided(cell: RolloutCell, fact: CallFact, served: ServedDecision | undefined): void {
    if (cell.rollout !== this.#id && !this.#begins(cell.rollout)) return;
    this.#talliesOf(cell).count(fact, served);
    this.#counts();
  }

  /** Something counts that is not in the store yet. A call may end after the exchange that its beginning asked for. */
  #counts(): void {
    this.#counted = true;
    this.#exchange.touch();
  }

  /** Whether a gate waits for outcomes: only then is it told of decisions that were served. */
  get wantsOutcomes(): boolean {
    return this.#outcomes.wantsOutcomes;
  }

  /** Whether a gate will ask for truths: only then need decisions be remembered. */
  get wantsTruth(): boolean {
    return this.#outcomes.wantsTruth;
  }

  /** Keeps a decision until its truth is known. */
  remember(id: string, input: unknown, output: unknown): void {
    this.#outcomes.remember(id, input, output);
  }

  /** A shadow of the challenger was compared with what the champion's model tier served. */
  paired(pair: ShadowPair): void {
    const state = this.current(this.#dependencies.control.snapshot.document);
    if (state?.phase !== 'shadow' || (state.id !== this.#id && !this.#begins(state.id))) return;
    const { id, input, served, shadow } = pair;
    this.#outcomes.remember(id, input, served, { output: shadow });
    const firsts = this.#firsts;
    const counted = (member: string): void => {
      if (this.#outcomes.wantsOutcomes && pair.unitHash !== NO_UNIT) firsts.add(member, id);
    };
    this.#claims.push(this.#outcomes.ofPair(pair, this.#book, this.#time.now(), counted));
    this.#changed = true;
    this.touch();
  }

  /**
   * An outcome that was counted for the first time, by an id whose seal nobody else can make. Resolves when it has become
   * evidence, or may become some later only: its decision may be on its way to the store.
   */
  async outcome(told: RolloutOutcome): Promise<void> {
    if (!this.#outcomes.wantsOutcomes || !this.#isEvidence(told)) return;
    // By the time that all agree on: a clock that is hours ahead would find every outcome too late.
    const outcome = { ...told, at: told.at + this.#time.now() - this.#dependencies.clock.wall() };
    if (outcome.exposure.unitHash === NO_UNIT || this.#firsts.has(outcome.id)) {
      await this.#admit(outcome);
      return;
    }
    this.#firsts.ask(outcome);
    this.touch();
  }

  /** The outcome of the first decision of its unit. */
  async #admit(outcome: RolloutOutcome): Promise<void> {
    if (!this.#outcomes.lacks(outcome) || (await this.#outcomes.find(outcome.id, 'now'))) this.#claim(outcome);
    else void this.#claimLater(outcome);
  }

  async #claimLater(outcome: RolloutOutcome): Promise<void> {
    await this.#outcomes.find(outcome.id, 'later');
    this.#claim(outcome);
  }

  /** Whether it is about a unit that was left to chance in this attempt, and about what its variant served. */
  #isEvidence({ exposure }: RolloutOutcome): boolean {
    const state = this.current(this.#dependencies.control.snapshot.document);
    // A start that was stamped by a clock ahead of this one's is taken for now.
    if (state === undefined || exposure.tier !== 'model') return false;
    if (exposure.at < Math.min(state.startedAt, this.#beganAt)) return false;
    if (exposure.servedHash !== exposure.assignedHash || (state.id !== this.#id && !this.#begins(state.id))) return false;
    const { championHash, challengerHash, plan } = this.#dependencies;
    if (exposure.assignedHash !== challengerHash && exposure.assignedHash !== championHash) return false;
    if (exposure.stage === 0) return plan.minPairs !== undefined;
    return exposure.atRisk && state.stages[exposure.stage - 1] !== undefined;
  }

  #claim(outcome: RolloutOutcome): void {
    const { exposure } = outcome;
    const state = this.current(this.#dependencies.control.snapshot.document);
    if (state === undefined || !this.#isEvidence(outcome)) return;
    const onChallenger = exposure.assignedHash === this.#dependencies.challengerHash;
    const stage = state.stages[exposure.stage - 1];
    const probability = stage === undefined ? 0.5 : entryProbability(stage);
    for (const claim of this.#outcomes.ofOutcome(outcome, onChallenger, probability, this.#book)) {
      this.#claims.push(claim);
      this.#changed = true;
    }
    this.touch();
  }

  status(): RolloutStatus | undefined {
    const state = this.current(this.#dependencies.control.snapshot.document);
    if (state === undefined) return undefined;
    const { id, phase, held, inconclusive, approval, enteredAt, cooldownUntil, history } = state;
    const reading = this.#id === id ? this.#reading : undefined;
    return {
      id,
      phase,
      share: liveWeight(state) / 10_000,
      held,
      inconclusive,
      approval,
      enteredAt,
      cooldownUntil,
      blocked: this.#block,
      gates: reading?.gates ?? [],
      units: reading?.units ?? { champion: 0, challenger: 0 },
      pairs: reading?.pairs ?? 0,
      evidence: {
        waiting: this.#claims.waiting + this.#firsts.waiting,
        dropped: this.#claims.dropped + this.#firsts.dropped,
        unscored: this.#outcomes.unscored,
        repeated: this.#firsts.repeated,
      },
      clockSkewMs: this.#time.skewMs,
      storeFailure: this.#exchange.failure?.message ?? null,
      history,
    };
  }

  /** Exchanges evidence and makes the next transition that is due. Never rejects: a store that is away changes nothing. */
  sync(): Promise<void> {
    return this.#exchange.run();
  }

  /** Hands over what was counted, as far as the store takes it. */
  async close(): Promise<void> {
    await this.#exchange.close();
    if (this.#changed || this.#counted || this.#firsts.waiting > 0) await this.#exchange.attempt(() => this.#hand(true));
  }

  async #sync(): Promise<void> {
    const { control, plan, store, champion } = this.#dependencies;
    await control.refresh();
    if (control.storeFailure !== undefined) throw control.storeFailure;
    if (!control.snapshot.known) return;
    await this.#transitions.reconcile();
    const { document } = control.snapshot;
    const state = this.current(document);
    if (state === undefined) {
      this.#block = {
        cause: 'release',
        reason: `The control document is about another release than this one (${plan.pair}, champion ${champion}).`,
      };
      return;
    }
    // The same attempt anew: the store has lost the one before, and with it who was counted.
    if (state.id !== this.#id || state.startedAt !== this.#startedAt) this.#begins(state.id);
    await this.#hand();
    if (state.phase === 'shadow' || state.phase === 'canary') this.#ask(state);
    const parts = await store.readCounters(this.#key());
    this.#time.look(parts, this.#part.instance);
    const now = this.#time.now();
    // Every instance has the same replay among its options: it is counted here, once, and never handed to the store.
    const replayed = plan.replayed === undefined ? [] : [{ instance: 'replay', sequence: 0, counters: plan.replayed }];
    const evidence = mergeEvidence([...parts, ...replayed], this.#rules, now);
    const reading = judge(plan, state, evidence, this.#checks.verdicts, this.#rules, now);
    this.#reading = reading;
    const step = nextStep(plan, this.#time.bounded(state), reading, killed(document, plan.challenger), now);
    this.#block = step.block ?? null;
    if (step.state !== undefined) await this.#transitions.move(state, step.state);
  }

  /** Whether another attempt than the one so far is in force now: nothing that was counted before belongs to it. */
  #begins(id: string): boolean {
    const state = this.current(this.#dependencies.control.snapshot.document);
    if (state?.id !== id) return false;
    this.#id = id;
    this.#startedAt = state.startedAt;
    this.#beganAt = this.#dependencies.clock.wall();
    this.#time.begins();
    this.#book = new EvidenceBook();
    this.#seen = new WordSet();
    this.#claims = new UnitClaims();
    const { outcomeMs, everyMs } = this.#dependencies;
    this.#firsts = new FirstDecisions(this.#outcomes.awaitedMs(outcomeMs), everyMs);
    this.#tallies = [];
    this.#checks.clear();
    this.#reading = undefined;
    this.#changed = false;
    this.#counted = false;
    return true;
  }

  /** Gives the store what was counted since the last time. @param isLast nothing may wait for another time */
  async #hand(isLast = false): Promise<void> {
    const { store, clock } = this.#dependencies;
    const isDue = clock.now() >= this.#handDue && this.#part.instance !== undefined;
    if (!this.#changed && !this.#counted && this.#firsts.waiting === 0 && !isDue) return;
    const [key, claims, firsts] = [this.#key(), this.#claims, this.#firsts];
    this.#changed = false;
    try {
      await claims.settle(store, key);
      await firsts.hand(store, key);
      const outcomes = await firsts.answered(store, key, isLast ? Number.POSITIVE_INFINITY : this.#time.now());
      for (const outcome of outcomes) await this.#admit(outcome);
      await claims.settle(store, key);
      const now = this.#time.now();
      if (this.#counted) for (const { gate } of this.#callGates) this.#book.seen(gate, now);
      this.#counted = false;
      const counters = { ...this.#book.counters(now), [CLOCK]: clock.wall() };
      this.#handDue = clock.now() + HAND_EVERY * this.#dependencies.everyMs;
      await store.mergeCounters(this.#key(), this.#part.next(counters));
    } catch (error) {
      this.#changed = true;
      throw error;
    }
  }

  #key(): string {
    return `rollout/${this.#dependencies.model}/${this.#id}`;
  }

  #ask(state: RolloutState): void {
    const { plan, model, challengerVersion: version } = this.#dependencies;
    const { phase, enteredAt: since } = state;
    const share = liveWeight(state) / 10_000;
    this.#checks.ask(plan.gates, { model, challenger: plan.challenger, version, phase, share, since });
  }

  #talliesOf(cell: RolloutCell): CallTallies {
    for (let at = 0; at < this.#tallies.length; at++) {
      const known = this.#tallies[at] as CallTallies;
      if (known.cell === cell) return known;
    }
    const [book, firsts] = [this.#book, this.#firsts];
    const made = new CallTallies(cell, book.stage(cell.stage), this.#callGates, (served, _, member) => {
      if (!this.#outcomes.wantsOutcomes) return;
      if (member !== undefined) firsts.add(member, served?.id);
      if (served !== undefined) this.#outcomes.awaits(cell, served.at, book);
    });
    // Both arms of this stage, and of the one before, whose last calls are still ending.
    this.#tallies = [made, ...this.#tallies].slice(0, 4);
    return made;
  }
}

/** Exchanges after which a process that counts nothing new says again that it is there, and what time it has. */
const HAND_EVERY = 10;

/** Spreads a hash over all bits again, another way for each salt (the finaliser of MurmurHash3). */
function mixed(word: number, salt: number): number {
  let x = word ^ Math.imul(salt, 0x9e37_79b1);
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
