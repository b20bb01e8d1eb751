import { BackgroundExchange } from '../fleet/background-exchange.ts';
import type { ControlDocument } from '../control/control-document.ts';
import type { ModelControl } from '../control/model-control.ts';
import { OwnPart } from '../control/own-part.ts';
import { ownValue } from '../errors/index.ts';
import { type Exposure, NO_UNIT } from '../routing/decision-id.ts';
import { textHash } from '../routing/word-hex.ts';
import { murmur3 } from '../statistics/sketches/murmur3.ts';
import type { Allocation, ArmRewards, StateStore } from '../types/index.ts';
import { atOnce, type Clock } from '../time/index.ts';
import { WordSet } from '../statistics/word-set.ts';
import { RewardBlocks, rewardsOf } from './reward-blocks.ts';
import { UnitClaims } from './unit-claims.ts';

export interface AllocationDependencies {
  readonly model: string;
  readonly allocation: Allocation<string>;
  /** Whether a smaller KPI is better. */
  readonly lowerIsBetter: boolean;
  /** Champion first; hashes as decision ids carry them. */
  readonly arms: readonly { readonly name: string; readonly hash: number }[];
  readonly control: ModelControl;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly word: () => number;
  /** Rewards are exchanged this often while there are calls, in milliseconds. */
  readonly everyMs: number;
  /** Told of what the user's own function throws. */
  readonly failed: (callback: string, error: unknown) => void;
}

const HALF_LIFE_MS = 7 * 24 * 3_600_000;

/**
 * The allocation of one model in one process: counts rewards, exchanges them with the other processes, and writes new shares
 * when they are due and nobody else has. Nothing here is waited for by a call.
 */
export class ManagedAllocation {
  readonly #dependencies: AllocationDependencies;
  readonly #rewards: RewardBlocks;
  readonly #names: readonly string[];
  readonly #halfLifeMs: number;
  /** Units that have been rewarded in this window. */
  #seen = new WordSet();
  #window = 0;
  readonly #claims = new UnitClaims();
  readonly #key: string;
  readonly #part: OwnPart;
  readonly #exchange: BackgroundExchange;

  constructor(dependencies: AllocationDependencies) {
    this.#dependencies = dependencies;
    const { everyMs, halfLifeMs = HALF_LIFE_MS } = dependencies.allocation;
    this.#names = dependencies.arms.map(({ name }) => name);
    this.#halfLifeMs = halfLifeMs;
    this.#rewards = new RewardBlocks(this.#names, everyMs, halfLifeMs);
    this.#key = `allocation/${dependencies.model}`;
    this.#part = new OwnPart(dependencies.word);
    this.#exchange = new BackgroundExchange({ ...dependencies, exchange: () => this.#sync() });
  }

  touch(): void {
    this.#exchange.touch();
  }

  /**
   * A call that the split assigned has ended. A unit counts once in a half-life: its calls depend on each other, all the more where
   * it stays with its variant.
   *
   * @param unitHash of the unit, as ids carry it; all zero for none
   */
  decided(variant: string, served: boolean, unitHash: string): void {
    const { allocation, clock } = this.#dependencies;
    if (allocation.reward !== 'served') return;
    const at = clock.wall();
    const window = Math.floor(at / this.#halfLifeMs);
    if (window !== this.#window) [this.#window, this.#seen] = [window, new WordSet()];
    if (unitHash === NO_UNIT) this.#rewards.add(variant, served ? 1 : 0, at);
    else if (this.#seen.add(murmur3(unitHash))) this.#claim(unitHash, at, variant, served ? 1 : 0);
  }

  /** An outcome that was counted for the first time here; in another process it may have been before. */
  outcome(id: string, exposure: Exposure, kpis: Readonly<Record<string, number | undefined>>): void {
    const { allocation, arms, lowerIsBetter } = this.#dependencies;
    if (allocation.reward === 'served' || exposure.stage !== 0) return;
    const value = ownValue(kpis, allocation.reward.kpi);
    const arm = arms.find(({ hash }) => hash === exposure.assignedHash);
    if (value === undefined || arm === undefined) return;
    const member = exposure.unitHash === NO_UNIT ? textHash(id) : exposure.unitHash;
    this.#claim(member, exposure.at, arm.name, lowerIsBetter ? -value : value);
    this.touch();
  }

  /** Counts a reward, unless this member had one in the same window in any process. @param at milliseconds since the Unix epoch */
  #claim(member: string, at: number, arm: string, reward: number): void {
    this.#claims.push({
      set: `rewarded/${Math.floor(at / this.#halfLifeMs)}`,
      member,
      armMember: undefined,
      apply: () => this.#rewards.add(arm, reward, this.#dependencies.clock.wall()),
      twice: () => undefined,
    });
  }

  /** Exchanges rewards, and writes new shares when they are due. Never rejects: a store that is away changes nothing. */
  sync(): Promise<void> {
    return this.#exchange.run();
  }

  /** What the store does not take now is lost with this process. */
  async close(): Promise<void> {
    await this.#exchange.close();
    await this.#exchange.attempt(() => this.#hand());
  }

  /** Where the store is away the shares stay as they are, and the rewards wait for the next time. */
  async #sync(): Promise<void> {
    const { control, allocation, clock } = this.#dependencies;
    await this.#hand();
    await control.refresh();
    if (control.storeFailure !== undefined) throw control.storeFailure;
    if (isDue(control.snapshot.document, allocation.everyMs, clock.wall())) await this.#allocate();
  }

  async #hand(): Promise<void> {
    const { store, clock } = this.#dependencies;
    await this.#claims.settle(store, this.#key);
    const counters = this.#rewards.counters(clock.wall());
    await store.mergeCounters(this.#key, this.#part.next(counters));
  }

  async #allocate(): Promise<void> {
    const { control, store, allocation, arms, clock } = this.#dependencies;
    const parts = (await store.readCounters(this.#key)).toSorted((a, b) => (a.instance < b.instance ? -1 : 1));
    const shares = this.#shares(rewardsOf(parts, this.#names, this.#halfLifeMs, clock.wall()));
    if (shares === undefined) return;
    const [champion] = arms;
    const challengers = Object.fromEntries([...shares].filter(([name]) => name !== champion?.name));
    const version = await control.change('an allocation', (document) => {
      const at = clock.wall();
      if (!isDue(document, allocation.everyMs, at)) return undefined;
      const told = [...shares].map(([name, share]) => `${name} ${(100 * share).toFixed(1)} %`).join(', ');
      const changed = { command: 'allocation', by: 'allocation', reason: told, at };
      return { ...document, allocated: { at, shares: challengers }, changed };
    });
    // Those who were rewarded two windows ago may be again.
    if (version !== undefined) await store.forget(`${this.#key}/rewarded/${Math.floor(clock.wall() / this.#halfLifeMs) - 2}`);
  }

  /** What the user's own function says; `undefined`, and told, where it throws or says nonsense: the shares stay as they are. */
  #shares(known: readonly ArmRewards[]): ReadonlyMap<string, number> | undefined {
    const { allocation, random, failed } = this.#dependencies;
    try {
      const shares = atOnce(allocation.allocate(known, random)) as ReadonlyMap<string, number>;
      const given = this.#names.map((name) => shares.get(name));
      const sum = given.reduce<number>((all, share) => all + (share ?? NaN), 0);
      const fits = shares.size === given.length && given.every((share) => Number(share) >= 0) && Math.abs(sum - 1) < 1e-6;
      if (!fits) throw new TypeError(`expected a share of at least 0 for each of ${this.#names.join(', ')}, 1 together`);
      return shares;
    } catch (error) {
      failed('allocate', error);
      return undefined;
    }
  }
}

function isDue({ allocated }: ControlDocument, everyMs: number, now: number): boolean {
  return allocated === null || now - allocated.at >= everyMs;
}
