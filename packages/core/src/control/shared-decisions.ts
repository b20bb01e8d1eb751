import type { KeptDecision, StateStore } from '../types/index.ts';
import type { Clock } from '../time/index.ts';
import { BackgroundExchange } from '../fleet/background-exchange.ts';

export interface SharedDecisionsDependencies {
  readonly store: StateStore;
  readonly key: string;
  readonly clock: Clock;
  /** What waits is handed over this often, in milliseconds. */
  readonly everyMs: number;
  /** The store may forget it after so long, in milliseconds. */
  readonly keepMs: number;
}

/** How the sharing goes. */
export interface SharingStatus {
  /** Parts of decisions on their way to the store. */
  readonly waiting: number;
  /** Those that were lost: the store was away for too long, or they are no JSON. */
  readonly dropped: number;
  readonly storeFailure: string | null;
}

/** Beyond it, newer ones are dropped and counted. */
const MAX_WAITING = 50_000;
const BATCH = 1000;
/** So many outcomes may wait for their decisions to arrive in the store. */
const MAX_PATIENT = 10_000;

interface Question {
  readonly id: string;
  readonly answer: (value: unknown) => void;
}

/**
 * What gates and monitors need of decisions, kept in the store, so that an outcome may be recorded in any process. Nothing here is waited
 * for by a call, and a store that is away loses no more than what does not fit in memory meanwhile.
 */
export class SharedDecisions {
  readonly #dependencies: SharedDecisionsDependencies;
  /** By id, values that are not handed over yet; JSON is made when they are. */
  #waiting = new Map<string, unknown>();
  #questions: Question[] = [];
  #dropped = 0;
  #patient = 0;
  readonly #exchange: BackgroundExchange;
  #asking = false;

  constructor(dependencies: SharedDecisionsDependencies) {
    this.#dependencies = dependencies;
    this.#exchange = new BackgroundExchange({
      ...dependencies,
      exchange: () => (this.#waiting.size === 0 ? undefined : this.#hand()),
      waits: () => this.#waiting.size > 0,
    });
  }

  /** Keeps a part of a decision. @param value data that JSON can carry */
  put(id: string, value: unknown): void {
    if (this.#waiting.size >= MAX_WAITING) {
      this.#dropped++;
      return;
    }
    this.#waiting.set(id, value);
    this.#exchange.touch();
  }

  /**
   * What was kept, here or in another process; `undefined` where nothing was. Never rejects. Ids that are asked for together are
   * read together.
   */
  recall(id: string): Promise<unknown> {
    if (this.#waiting.has(id)) return Promise.resolve(this.#waiting.get(id));
    return new Promise((answer) => {
      this.#questions.push({ id, answer });
      if (!this.#asking) void this.#ask();
    });
  }

  /** The same a little later, when another process has handed over what it decided just now. */
  async recallLater(id: string): Promise<unknown> {
    if (this.#patient >= MAX_PATIENT) return undefined;
    this.#patient++;
    const { clock, everyMs } = this.#dependencies;
    await new Promise<void>((over) => clock.schedule(over, 2 * everyMs, true));
    this.#patient--;
    return this.recall(id);
  }

  status(): SharingStatus {
    return { waiting: this.#waiting.size, dropped: this.#dropped, storeFailure: this.#exchange.failure?.message ?? null };
  }

  /** Hands over what waits. Never rejects. */
  flush(): Promise<void> {
    return this.#exchange.run();
  }

  async close(): Promise<void> {
    await this.#exchange.close();
    await this.flush();
  }

  async #hand(): Promise<void> {
    const { store, key, keepMs } = this.#dependencies;
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, BATCH);
      await store.remember?.(key, this.#entries(batch), keepMs);
      for (const [id, value] of batch) if (this.#waiting.get(id) === value) this.#waiting.delete(id);
    }
  }

  #entries(batch: readonly (readonly [id: string, value: unknown])[]): KeptDecision[] {
    return batch.flatMap(([id, value]) => {
      const text = jsonOf(value);
      if (text !== undefined) return [{ id, value: text }];
      this.#dropped++;
      return [];
    });
  }

  /** One read at a time: what is asked for meanwhile goes with the next. */
  async #ask(): Promise<void> {
    const { store, key } = this.#dependencies;
    this.#asking = true;
    await Promise.resolve();
    while (this.#questions.length > 0) {
      const batch = this.#questions.splice(0, BATCH);
      let texts: readonly (string | undefined)[] = [];
      const ids = batch.map(({ id }) => id);
      await this.#exchange.attempt(async () => {
        texts = (await store.recall?.(key, ids)) ?? [];
      });
      for (const [index, { answer }] of batch.entries()) answer(parsed(texts[index]));
    }
    this.#asking = false;
  }
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    // A bigint, or a circle: the status counts it.
    return undefined;
  }
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Not ours.
    return undefined;
  }
}
