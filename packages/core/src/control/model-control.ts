import { asError } from '../errors/index.ts';
import type { Command, ControlNote } from '../types/index.ts';
import type { Replacement } from './check-command.ts';
import type * as ControlExchangeModule from './control-exchange.ts';
import type { ControlExchange } from './control-exchange.ts';
import { type ControlSnapshot, firstSnapshot, type ModelControlOptions } from './control-snapshot.ts';

type Module = typeof ControlExchangeModule;
type Judged = Parameters<ControlExchange['judged']>;
type Change = Parameters<ControlExchange['change']>;

let loadedModule: Module | undefined;

/** For tests on a virtual clock: the first exchange of the process then waits for no import. */
export function preloadControlExchange(module: Module): void {
  loadedModule = module;
}

/**
 * The control document of one model, as the call path sees it: a snapshot. What reads and changes the stored document is a chunk
 * of its own, which is loaded with the first refresh or command: a page whose models are never commanded does not carry it.
 */
export class ModelControl {
  readonly #options: ModelControlOptions;
  readonly #first: ControlSnapshot;
  #exchange: ControlExchange | undefined;
  #loading: Promise<ControlExchange> | undefined;
  #failure: Error | undefined;
  #refreshAt = Number.NEGATIVE_INFINITY;
  #unwatch: (() => void) | undefined;
  #closed = false;

  constructor(options: ModelControlOptions) {
    this.#options = options;
    this.#first = firstSnapshot(options);
    if (loadedModule !== undefined) this.#exchange = new loadedModule.ControlExchange(options);
    if (options.store.volatile) this.#watch();
  }

  get snapshot(): ControlSnapshot {
    return this.#exchange?.snapshot ?? this.#first;
  }

  /** What the store answered last, when that was a failure. */
  get storeFailure(): Error | undefined {
    return this.#exchange === undefined ? this.#failure : this.#exchange.storeFailure;
  }

  /** @see ControlExchange.wall */
  wall(): number {
    return this.#exchange?.wall() ?? this.#options.clock.wall();
  }

  /** @see ControlExchange.aheadMs */
  get aheadMs(): number {
    return this.#exchange?.aheadMs ?? 0;
  }

  /** Called by the call path: starts a refresh in the background when one is due. Costs a comparison. */
  touch(now: number): void {
    if (now >= this.#refreshAt && !this.#options.store.volatile) void this.refresh();
  }

  /** Reads the document; never rejects. */
  refresh(): Promise<void> {
    this.#refreshAt = this.#options.clock.now() + this.#options.refreshMs;
    // Not when a model is defined: that does no I/O.
    this.#watch();
    return this.#exchange?.refresh() ?? this.#loadAndRefresh();
  }

  /** @see ControlExchange.command */
  async command(kind: Command['kind'], variant: string | undefined, note: ControlNote, replacement?: Replacement): Promise<void> {
    await (this.#exchange ?? (await this.#load())).command(kind, variant, note, replacement);
  }

  /** @see ControlExchange.authorized */
  async authorized(command: Command, note: ControlNote): Promise<void> {
    await (this.#exchange ?? (await this.#load())).authorized(command, note);
  }

  /** @see ControlExchange.judged */
  async judged(...judgement: Judged): ReturnType<ControlExchange['judged']> {
    return (this.#exchange ?? (await this.#load())).judged(...judgement);
  }

  /** @see ControlExchange.change */
  async change(...change: Change): Promise<number | undefined> {
    return (this.#exchange ?? (await this.#load())).change(...change);
  }

  close(): void {
    this.#closed = true;
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#exchange?.close();
  }

  #watch(): void {
    if (this.#closed) return;
    this.#unwatch ??= this.#options.store.watch?.(`model/${this.#options.model}`, () => void this.refresh());
  }

  async #loadAndRefresh(): Promise<void> {
    try {
      await (await this.#load()).refresh();
    } catch (error) {
      this.#failure = asError(error);
    }
  }

  #load(): Promise<ControlExchange> {
    this.#loading ??= this.#begin();
    return this.#loading;
  }

  async #begin(): Promise<ControlExchange> {
    try {
      loadedModule ??= await import('./control-exchange.ts');
      this.#exchange ??= new loadedModule.ControlExchange(this.#options);
      if (this.#closed) this.#exchange.close();
      return this.#exchange;
    } catch (error) {
      // A chunk that could not be fetched: the next refresh, or the next command, tries again.
      this.#loading = undefined;
      throw error;
    }
  }
}
