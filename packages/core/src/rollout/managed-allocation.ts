import type { ControlDocument, ModelControl } from '../control/index.ts';
import { ownValue } from '../errors/index.ts';
import { type Exposure, murmur3 } from '../routing/index.ts';
import type { Allocation, ArmRewards, StateStore } from '../spec/index.ts';
import type { Clock, TimerHandle } from '../time/index.ts';
import { type Claim, UnitClaims } from './unit-claims.ts';

export interface AllocationSetting {
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
}

interface Rewards {
  count: number;
  sum: number;
  sumOfSquares: number;
}

/**
 * The allocation of one model in one process: counts rewards, exchanges them with the other processes, and writes new shares
 * when they are due and nobody else has. Nothing here is waited for by a call.
 */
export class ManagedAllocation {
  readonly #setting: AllocationSetting;
  readonly #rewards: ReadonlyMap<string, Rewards>;
  readonly #claims = new UnitClaims();
  readonly #key: string;
  #instance: string | undefined;
  #sequence = 0;
  #timer: TimerHandle;
  #armed = false;
  #closed = false;

  constructor(setting: AllocationSetting) {
    this.#setting = setting;
    this.#rewards = new Map(setting.arms.map(({ name }) => [name, { count: 0, sum: 0, sumOfSquares: 0 }]));
    this.#key = `allocation/${setting.model}`;
  }

  touch(): void {
    if (this.#armed || this.#closed) return;
    this.#armed = true;
    this.#timer = this.#setting.clock.schedule(
      () => {
        this.#armed = false;
        void this.sync();
      },
      this.#setting.everyMs,
      true,
    );
  }

  /** A call that the split assigned has ended. */
  decided(variant: string, served: boolean): void {
    if (this.#setting.allocation.reward === 'served') this.#add(variant, served ? 1 : 0);
  }

  /** An outcome that was counted for the first time here; in another process it may have been before. */
  outcome(id: string, exposure: Exposure, kpis: Readonly<Record<string, number | undefined>>): void {
    const { allocation, arms, lowerIsBetter } = this.#setting;
    if (allocation.reward === 'served' || exposure.stage !== 0) return;
    const value = ownValue(kpis, allocation.reward.kpi);
    const arm = arms.find(({ hash }) => hash === exposure.assignedHash);
    if (value === undefined || arm === undefined) return;
    const claim: Claim = {
      set: 'outcomes',
      member: murmur3(id).toString(16) + murmur3(`second:${id}`).toString(16).padStart(8, '0'),
      armMember: undefined,
      apply: () => this.#add(arm.name, lowerIsBetter ? -value : value),
      twice: () => undefined,
    };
    this.#claims.push(claim);
    this.touch();
  }

  /** Exchanges rewards, and writes new shares when they are due. Never rejects: a store that is away changes nothing. */
  async sync(): Promise<void> {
    const { control, allocation, clock } = this.#setting;
    try {
      await this.#hand();
      await control.refresh();
      if (control.storeFailure !== undefined) throw control.storeFailure;
      if (isDue(control.snapshot.document, allocation.everyMs, clock.wall())) await this.#allocate();
    } catch {
      // The store is away: the shares stay as they are, and the rewards wait for the next time.
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#setting.clock.cancel(this.#timer);
    try {
      await this.#hand();
    } catch {
      // What the store does not take now is lost with this process.
    }
  }

  #add(name: string, reward: number): void {
    const rewards = this.#rewards.get(name);
    if (rewards === undefined) return;
    rewards.count++;
    rewards.sum += reward;
    rewards.sumOfSquares += reward * reward;
  }

  async #hand(): Promise<void> {
    const { store, word } = this.#setting;
    await this.#claims.settle(store, this.#key);
    const counters: Record<string, number> = {};
    for (const [name, rewards] of this.#rewards)
      for (const [field, value] of Object.entries(rewards)) counters[`${name}|${field}`] = Number(value);
    this.#instance ??= word().toString(16) + word().toString(16).padStart(8, '0');
    await store.mergeCounters(this.#key, { instance: this.#instance, sequence: ++this.#sequence, counters });
  }

  async #allocate(): Promise<void> {
    const { control, store, allocation, arms, random, clock } = this.#setting;
    const parts = (await store.readCounters(this.#key)).toSorted((a, b) => (a.instance < b.instance ? -1 : 1));
    const known = arms.map(({ name }): ArmRewards => {
      const total = (field: string): number => parts.reduce((sum, { counters }) => sum + (counters[`${name}|${field}`] ?? 0), 0);
      return { name, count: total('count'), sum: total('sum'), sumOfSquares: total('sumOfSquares') };
    });
    const shares = allocation.allocate(known, random);
    const [champion] = arms;
    const challengers = Object.fromEntries([...shares].filter(([name]) => name !== champion?.name));
    await control.change('an allocation', (document) => {
      const at = clock.wall();
      if (!isDue(document, allocation.everyMs, at)) return undefined;
      const told = [...shares].map(([name, share]) => `${name} ${(100 * share).toFixed(1)} %`).join(', ');
      const changed = { command: 'allocation', by: 'allocation', reason: told, at };
      return { ...document, allocated: { at, shares: challengers }, changed };
    });
  }
}

function isDue({ allocated }: ControlDocument, everyMs: number, now: number): boolean {
  return allocated === null || now - allocated.at >= everyMs;
}

/** It arrives with the allocation, so that a model without one does not carry it. */
export const startAllocation = (setting: AllocationSetting): ManagedAllocation => new ManagedAllocation(setting);
