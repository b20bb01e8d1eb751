import { asError, isRecord, UnderstudyError } from '../errors/index.ts';
import type { StateStore } from '../types/index.ts';
import { afterEntry, emptyState, type RegistryChange, type RegistryEntry, type RegistryState } from './registry-state.ts';

/**
 * Where registries are kept: small documents, changed by compare-and-set. Every `StateStore` is one; `fileRegistry()` of
 * `@understudy/node/file` keeps them in files.
 */
export type RegistryStore = Pick<StateStore, 'name' | 'read' | 'compareAndSet' | 'watch'>;

/** The document that changes with the log of a model, for a watch. No name of a model has a slash in it. */
export const registryKey = (model: string): string => `registry/${encodeURIComponent(model.toWellFormed())}`;

/** A writer gives up after losing this many races in a row. */
const MAX_RACES = 20;
/** Entries that are read at once. */
const AT_ONCE = 32;

/** Who makes an entry, and when. */
export type EntryHead = Pick<RegistryEntry, 'id' | 'at' | 'by' | 'roles' | 'reason'>;

/**
 * The change log of one model in a store: one document an entry, which is written once, and one with what they come to. The entries are the
 * truth: where a writer died between the two, the next reader goes on from there.
 */
export class RegistryLog {
  readonly #store: RegistryStore;
  readonly #model: string;

  constructor(store: RegistryStore, model: string) {
    this.#store = store;
    this.#model = model;
  }

  /** @throws UnderstudyError `STORE_UNAVAILABLE`; `CONTROL_CONFLICT` for a log that is damaged */
  async state(): Promise<RegistryState> {
    return (await this.#read()).state;
  }

  /** Entries from a place on, the oldest first. @throws UnderstudyError as {@link state} does */
  async *entries(from = 1): AsyncGenerator<RegistryEntry> {
    const { entries: last } = await this.state();
    for (let place = from; place <= last; place += AT_ONCE) {
      const places = Array.from({ length: Math.min(AT_ONCE, last - place + 1) }, (_, index) => place + index);
      for (const [index, entry] of (await Promise.all(places.map((one) => this.#entry(one)))).entries()) {
        if (entry === undefined) throw this.#damaged(place + index, 'it is missing');
        yield entry;
      }
    }
  }

  /**
   * Appends what `decide` makes of the state, again for each race that was lost; `undefined`: there is nothing to do.
   *
   * @throws UnderstudyError what `decide` throws; `STORE_UNAVAILABLE`; `CONTROL_CONFLICT` after too many lost races
   */
  async append(
    head: EntryHead,
    decide: (state: RegistryState) => RegistryChange | undefined,
  ): Promise<{ readonly state: RegistryState; readonly entry: RegistryEntry | undefined }> {
    for (let race = 0; race < MAX_RACES; race++) {
      const { state, version } = await this.#read();
      const change = decide(state);
      if (change === undefined) return { state, entry: undefined };
      const place = state.entries + 1;
      // As it comes back from a store: what JSON leaves out is no part of its hash.
      const entry = JSON.parse(JSON.stringify({ v: 1, entry: place, ...change, ...head, prev: state.head })) as RegistryEntry;
      if (!(await this.#write(place, entry))) continue;
      const next = afterEntry(state, entry, await hashOf(entry));
      await this.#keep(version, next);
      return { state: next, entry };
    }
    throw new UnderstudyError(
      'CONTROL_CONFLICT',
      `A change of the registry of model "${this.#model}" lost ${MAX_RACES} races against other writers: try again.`,
      { retryable: true, details: { model: this.#model } },
    );
  }

  /** Whether it was this entry that took the place. An answer of the store that was lost is looked up. */
  async #write(place: number, entry: RegistryEntry): Promise<boolean> {
    try {
      return (await this.#store.compareAndSet(this.#entryKey(place), 0, entry)) !== undefined;
    } catch (error) {
      const found = await this.#entry(place).catch(() => {
        throw asError(error);
      });
      if (found === undefined) throw error;
      return found.id === entry.id;
    }
  }

  /** The state document is a shortcut: one that cannot be written is written by the next who reads further than it. */
  async #keep(version: number, state: RegistryState): Promise<number | undefined> {
    return this.#store.compareAndSet(registryKey(this.#model), version, state).catch(() => undefined);
  }

  async #read(): Promise<{ readonly state: RegistryState; readonly version: number }> {
    const { version, value } = await this.#store.read(registryKey(this.#model));
    const stored = stateIn(value, this.#model);
    let state = stored ?? emptyState(this.#model);
    for (;;) {
      const entry = await this.#entry(state.entries + 1);
      if (entry === undefined) break;
      if (entry.prev !== state.head) throw this.#damaged(entry.entry, 'it does not follow the entry before');
      state = afterEntry(state, entry, await hashOf(entry));
    }
    const isKnown = state === stored || state.entries === 0;
    return { state, version: isKnown ? version : ((await this.#keep(version, state)) ?? version) };
  }

  async #entry(place: number): Promise<RegistryEntry | undefined> {
    const { version, value } = await this.#store.read(this.#entryKey(place));
    if (version === 0) return undefined;
    if (isEntry(value, place)) return value;
    throw this.#damaged(place, isRecord(value) && typeof value['v'] === 'number' && value['v'] > 1 ? NEWER : 'it cannot be read');
  }

  readonly #entryKey = (place: number): string => `${registryKey(this.#model)}/${place}`;

  #damaged(place: number, why: string): UnderstudyError {
    const model = this.#model;
    return new UnderstudyError(
      'CONTROL_CONFLICT',
      `Entry ${place} of the registry of model "${model}" in the store "${this.#store.name}" is damaged: ${why}. Nothing is added to it before it is mended from a backup.`,
      { details: { model, entry: place } },
    );
  }
}

const NEWER = 'it is of a newer format, so update this process';

/** SHA-256 of plain data as JSON, such as an entry, in hexadecimal digits. */
export async function hashOf(data: object): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(data)));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const CHANGES = new Set(['registered', 'approved', 'alias-moved', 'rolled-back', 'retired', 'recorded']);

function isEntry(value: unknown, place: number): value is RegistryEntry {
  if (!isRecord(value) || value['v'] !== 1 || value['entry'] !== place) return false;
  const texts = ['id', 'by', 'reason', 'prev', 'version', 'change'].every((name) => typeof value[name] === 'string');
  if (!texts || typeof value['at'] !== 'number' || !CHANGES.has(String(value['change']))) return false;
  if (value['change'] === 'registered') return isRecord(value['draft']) && typeof value['draft']['owner'] === 'string';
  if (value['change'] === 'recorded') return isRecord(value['metrics']);
  const isMove = value['change'] === 'alias-moved' || value['change'] === 'rolled-back';
  return !isMove || (typeof value['alias'] === 'string' && typeof value['from'] === 'string');
}

/** A stored state, where it is one of this format. */
function stateIn(value: unknown, model: string): RegistryState | undefined {
  if (!isRecord(value) || value['v'] !== 1 || value['model'] !== model || typeof value['head'] !== 'string') return undefined;
  const lists = Array.isArray(value['versions']) && Array.isArray(value['rollouts']);
  const maps = isRecord(value['aliases']) && isRecord(value['before']);
  return lists && maps && Number.isSafeInteger(value['entries']) ? (value as unknown as RegistryState) : undefined;
}
