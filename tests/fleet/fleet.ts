import { setTimeout } from 'node:timers/promises';
import type { RolloutChangedEvent, StateStore } from '@understudy/core';
import { seededRandom } from '@understudy/core/testing';
import { AppProcess } from './app-process.ts';
import type { AppOptions, Asked, Seen } from './app.ts';

/** What the tests read of a stored rollout. */
interface StoredRollout {
  readonly id: string;
  readonly phase: string;
  readonly history: readonly { readonly at: number; readonly to: string; readonly by: string; readonly reason: string }[];
}

const PROCESSES = 3;
const FRESH = 6;
const RETURNING = 3;
const RETURNERS = 200;
const DEADLINE_MS = 60_000;

/** Three processes of an app that share a store, and what their callers saw. */
export class Fleet {
  readonly options: AppOptions;
  /** Told by the processes, also by those that were killed since. */
  readonly events: RolloutChangedEvent[] = [];
  readonly seen: Seen[] = [];
  /** Errors of processes other than that they were killed. */
  readonly failures: unknown[] = [];
  readonly #store: StateStore;
  readonly #slots: AppProcess[] = [];
  /** All that were ever started. */
  readonly #launched: AppProcess[] = [];
  readonly #random = seededRandom(5);
  #units = 0;
  #driving: Promise<unknown> | undefined;
  #stopped = false;
  #closed = false;

  private constructor(options: AppOptions, store: StateStore) {
    this.options = options;
    this.#store = store;
  }

  static async start(options: AppOptions, store: StateStore): Promise<Fleet> {
    const fleet = new Fleet(options, store);
    try {
      fleet.#slots.push(...(await Promise.all(Array.from({ length: PROCESSES }, () => fleet.#launch()))));
    } catch (error) {
      await fleet.close();
      throw error;
    }
    return fleet;
  }

  get processes(): readonly AppProcess[] {
    return this.#slots;
  }

  /** Another process beside the three. */
  another(options: Partial<AppOptions> = {}): Promise<AppProcess> {
    return this.#launch(options);
  }

  /** SIGKILL, and a new process in its place after `downMs`. */
  async restart(slot: number, downMs: number): Promise<void> {
    await this.#slots[slot]?.kill();
    await setTimeout(downMs);
    this.#slots[slot] = await this.#launch();
  }

  /** Keeps calling every process, until `stop`: new units, and some that come back. */
  drive(pauseMs: number): void {
    this.#stopped = false;
    this.#driving = Promise.all(Array.from({ length: PROCESSES }, (_, slot) => this.#caller(slot, pauseMs)));
  }

  /** No calls any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#driving;
  }

  /** One question to every process. */
  all<K extends keyof Asked>(name: K, ...args: Parameters<Asked[K]>): Promise<Awaited<ReturnType<Asked[K]>>[]> {
    return Promise.all(this.#slots.map((process) => process.ask(name, ...args)));
  }

  /** The truth: the stored control document. */
  async document(): Promise<{ readonly version: number; readonly rollout: StoredRollout | null }> {
    const { version, value } = await this.#store.read(`model/${this.options.model}`);
    return { version, rollout: value === undefined ? null : (value as { rollout: StoredRollout | null }).rollout };
  }

  async stages(): Promise<readonly string[]> {
    return ((await this.document()).rollout?.history ?? []).map(({ to }) => to);
  }

  /** Resolves when the rollout has come to this stage. */
  async reaches(stage: string): Promise<void> {
    await until(
      async () => (await this.stages()).includes(stage),
      async () => {
        const blocked = (await this.all('status')).map(({ rollout }) => rollout?.blocked?.reason);
        return `The rollout has come to ${(await this.stages()).join(', ')}, not to ${stage}: ${blocked.join(' ')}`;
      },
    );
  }

  /** Resolves when the rollout has begun, and every process knows the stored document: with its version. */
  async agree(): Promise<number> {
    let version = 0;
    await until(async () => {
      ({ version } = await this.document());
      // Where nothing moves any more it is not a draft: that lasts as long as one exchange.
      const begun = (await this.stages()).at(-1) !== 'draft';
      return begun && (await this.all('status')).every(({ control }) => control.version === version);
    }, 'The processes do not agree');
    return version;
  }

  /** What each process has handed over of the evidence of the present attempt. */
  async evidence(): Promise<readonly { readonly sequence: number; readonly counters: Readonly<Record<string, number>> }[]> {
    const { rollout } = await this.document();
    return this.#store.readCounters(`rollout/${this.options.model}/${rollout?.id ?? ''}`);
  }

  /** No process is left, whatever the test was doing. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopped = true;
    await Promise.all(this.#launched.map((process) => process.kill()));
    await this.#driving;
  }

  async #launch(options: Partial<AppOptions> = {}): Promise<AppProcess> {
    if (this.#closed) throw new Error('The fleet is closed.');
    const process = new AppProcess({ ...this.options, ...options }, (event) => this.events.push(event));
    this.#launched.push(process);
    await process.ready;
    return process;
  }

  async #caller(slot: number, pauseMs: number): Promise<void> {
    while (!this.#stopped) {
      const units = [
        ...Array.from({ length: FRESH }, () => `new-${this.#units++}`),
        ...Array.from({ length: RETURNING }, () => `back-${Math.floor(this.#random() * RETURNERS)}`),
      ];
      this.seen.push(...(await this.#call(slot, units)));
      await setTimeout(pauseMs);
    }
  }

  /** As a load balancer: where a process is gone, or is killed with the call in its hands, another one gets it. */
  async #call(slot: number, units: readonly string[]): Promise<readonly Seen[]> {
    for (let tried = 0; !this.#stopped || tried === 0; tried++) {
      const process = this.#slots[(slot + tried) % PROCESSES];
      if (process?.alive !== true) {
        await setTimeout(1);
        continue;
      }
      try {
        return await process.ask('call', units);
      } catch (error) {
        if (process.alive) this.failures.push(error);
      }
    }
    return [];
  }
}

/** Polls until `holds` answers true; a poll that throws is one that does not hold. */
export async function until(holds: () => Promise<boolean>, otherwise: string | (() => Promise<string>)): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    let cause: unknown;
    try {
      if (await holds()) return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline)
      throw new Error(typeof otherwise === 'string' ? otherwise : await otherwise(), cause === undefined ? {} : { cause });
    await setTimeout(30);
  }
}

/** The units that were on the challenger, and later, by a newer control document, or in another process, were not. */
export function flipsOf(seen: readonly Seen[]): readonly string[] {
  const flips = new Set<string>();
  const since = new Map<string, number>();
  const ordered = seen.filter(({ error }) => error === null).toSorted((a, b) => a.version - b.version);
  for (const { unit, version, assigned } of ordered) if (assigned === 'v2' && !since.has(unit)) since.set(unit, version);
  for (const { unit, version, assigned } of ordered)
    if (assigned === 'v1' && version >= (since.get(unit) ?? Infinity)) flips.add(unit);
  return [...flips];
}

/** How many units were called under more than one control document: only these can flip. */
export function returned(seen: readonly Seen[]): number {
  const versions = new Map<string, Set<number>>();
  for (const { unit, version } of seen) versions.set(unit, (versions.get(unit) ?? new Set()).add(version));
  return [...versions.values()].filter(({ size }) => size > 1).length;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
