import { Problems, UnderstudyError } from '../errors/index.ts';
import type { Authorize, Command, ControlNote, StateStore } from '../spec/index.ts';
import type { Clock } from '../time/index.ts';
import { applyCommand, type CommandRollout } from './apply-command.ts';
import { type BreachChange, closeBreach, monitorId, openBreach } from './act-on-breach.ts';
import type { BreachPhase } from './breach-state.ts';
import { type ControlDocument, emptyDocument, parseDocument } from './control-document.ts';

/** What the call path reads: a local snapshot of the control document. */
export interface ControlSnapshot {
  /** Whether the document has been read. */
  readonly known: boolean;
  readonly version: number;
  readonly document: ControlDocument;
}

/** Told of every command, whether it was obeyed. */
export type CommandListener = (command: Command, note: ControlNote, result: 'obeyed' | 'forbidden', version: number) => void;

export interface ModelControlOptions {
  readonly model: string;
  readonly variants: readonly string[];
  readonly champion: string;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly authorize: Authorize | undefined;
  readonly changed: CommandListener;
  readonly commandRollout: CommandRollout;
  /** Another process' change is obeyed within this time, in milliseconds. */
  readonly refreshMs: number;
}

/** What is to be told of a breach, and when it began, in milliseconds since the Unix epoch. */
export interface BreachTold {
  readonly phase: BreachPhase;
  readonly since: number;
}

/** A writer gives up after losing this many races in a row. */
const MAXIMUM_RACES = 20;

/**
 * The control document of one model: read into a snapshot for the call path, changed only by compare-and-set. When the store
 * goes away the last known document stays in force.
 */
export class ModelControl {
  readonly #options: ModelControlOptions;
  readonly #key: string;
  #unwatch: (() => void) | undefined;
  #snapshot: ControlSnapshot;
  #refreshAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;
  #storeFailure: Error | undefined;
  #closed = false;

  constructor(options: ModelControlOptions) {
    this.#options = options;
    this.#key = `model/${options.model}`;
    // A store of this process starts empty: nothing is to be waited for.
    this.#snapshot = { known: options.store.volatile, version: 0, document: emptyDocument(options.champion) };
    if (options.store.volatile) this.#watch();
  }

  get snapshot(): ControlSnapshot {
    return this.#snapshot;
  }

  /** What the store answered last, when that was a failure. */
  get storeFailure(): Error | undefined {
    return this.#storeFailure;
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
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Gives a command: authorised, then written by compare-and-set; later calls of this process obey it. */
  async command(kind: Command['kind'], variant: string | undefined, note: ControlNote): Promise<void> {
    const { model, authorize, changed } = this.#options;
    this.#check(variant, note);
    const command: Command = { kind, model, ...(variant === undefined ? {} : { variant }) };
    if (authorize !== undefined && !(await authorize(note.by, command))) {
      changed(command, note, 'forbidden', this.#snapshot.version);
      throw new UnderstudyError(
        'FORBIDDEN',
        `${note.by.id} may not ${kind} ${variant ?? ''} of model "${model}": ask an operator whose roles the runtime's authorize() accepts.`,
        { details: { model } },
      );
    }
    const { clock, commandRollout } = this.#options;
    const version = await this.change(`the command ${kind}`, (document) =>
      applyCommand(document, command, note, clock.wall(), commandRollout),
    );
    changed(command, note, 'obeyed', version ?? 0);
  }

  /**
   * Acts on a monitor's confirmed breach, or on its recovery: once over all processes. Monitors are part of the model's code and
   * need no authorisation; what they do is told like a command. Returns what this process is to tell of it, as the one that does.
   *
   * @throws UnderstudyError as {@link change} does
   */
  async judged(breach: Omit<Parameters<typeof openBreach>[1], 'model'>, recovered: boolean): Promise<BreachTold | undefined> {
    const { model, clock, commandRollout, changed } = this.#options;
    const { monitor, effects, reason } = breach;
    let made: BreachChange | undefined;
    const version = await this.change(`what the monitor ${monitor} found`, (document) => {
      made = recovered
        ? closeBreach(document, { model, monitor, resumes: effects.includes('fall-back') }, clock.wall())
        : openBreach(document, { model, ...breach }, clock.wall(), commandRollout);
      return made?.document;
    });
    if (version === undefined || made === undefined) return undefined;
    const note: ControlNote = { by: { id: monitorId(monitor), roles: ['monitor'] }, reason };
    for (const command of made.commands) changed(command, note, 'obeyed', version);
    const { phase, since } = made;
    return phase === undefined ? undefined : { phase, since };
  }

  close(): void {
    this.#closed = true;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #watch(): void {
    if (!this.#closed) this.#unwatch ??= this.#options.store.watch?.(this.#key, () => void this.refresh());
  }

  /**
   * Changes the document by compare-and-set: `decide` sees what is stored, again for each race that was lost, and returns
   * `undefined` to leave it. Returns the new version, or `undefined` when it was left.
   *
   * @throws UnderstudyError `STORE_UNAVAILABLE`, or `CONTROL_CONFLICT` after too many races or for a document of a newer format
   */
  async change(what: string, decide: (document: ControlDocument) => ControlDocument | undefined): Promise<number | undefined> {
    const { store, model } = this.#options;
    try {
      for (let race = 0; race < MAXIMUM_RACES; race++) {
        const before = this.#snapshot;
        const { version, value } = await store.read(this.#key);
        // Where there is none, what is known: nothing yet, or what the store has lost.
        const document = version === 0 ? before.document : parseDocument(value);
        if (document === undefined)
          throw new UnderstudyError(
            'CONTROL_CONFLICT',
            `The control document of model "${model}" is of a newer format: update this process before you command it.`,
            { details: { model } },
          );
        const next = decide(document);
        if (next === undefined) {
          // What the store has lost stays known by its version, so that the next refresh gives it back.
          if (version > 0 || before.version === 0) this.#adopt(before, version, document);
          return undefined;
        }
        const written = await store.compareAndSet(this.#key, version, next);
        if (written === undefined) continue;
        this.#adopt(before, written, next);
        return written;
      }
    } catch (error) {
      if (UnderstudyError.is(error) && error.code !== 'STORE_UNAVAILABLE') throw error;
      throw new UnderstudyError(
        'STORE_UNAVAILABLE',
        `The store "${store.name}" did not take ${what} for model "${model}": nothing was changed. Try again when it is back.`,
        { cause: error, retryable: true, details: { model } },
      );
    }
    throw new UnderstudyError(
      'CONTROL_CONFLICT',
      `${what} for model "${model}" lost ${MAXIMUM_RACES} races against other writers: try again.`,
      { retryable: true, details: { model } },
    );
  }

  async #read(): Promise<void> {
    const before = this.#snapshot;
    try {
      const { version, value } = await this.#options.store.read(this.#key);
      this.#storeFailure = undefined;
      if (version === 0) await this.#begin(before);
      else {
        const document = parseDocument(value);
        if (document !== undefined) this.#adopt(before, version, document);
      }
    } catch (error) {
      this.#storeFailure = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** There is no document: there never was one, or the store has lost it. What was known then goes back: a pin or a pause must last. */
  async #begin(before: ControlSnapshot): Promise<void> {
    const { store, champion } = this.#options;
    if (before.version === 0) this.#adopt(before, 0, emptyDocument(champion));
    else {
      const version = await store.compareAndSet(this.#key, 0, before.document);
      // Somebody else was faster: the next refresh reads theirs.
      if (version !== undefined) this.#adopt(before, version, before.document);
    }
  }

  /** @param before the snapshot when the store was asked */
  #adopt(before: ControlSnapshot, version: number, document: ControlDocument): void {
    // An answer that was overtaken. A lower version than was known before asking is none: the store has lost data, and what it
    // has now is in force.
    if (version < this.#snapshot.version && this.#snapshot !== before) return;
    this.#snapshot = { known: true, version, document };
  }

  #check(variant: string | undefined, note: ControlNote): void {
    const { model, variants } = this.#options;
    if (variant !== undefined && !variants.includes(variant)) {
      throw new UnderstudyError(
        'UNKNOWN_VARIANT',
        `Model "${model}" has no variant "${variant}": it has ${variants.join(', ')}.`,
        { details: { model, variant } },
      );
    }
    const problems = new Problems();
    const by: unknown = note?.by;
    const id = typeof by === 'object' && by !== null ? Reflect.get(by, 'id') : undefined;
    problems.expect(
      typeof id === 'string' && id !== '',
      'note.by.id',
      'expected who gives the command: it goes into the audit trail',
    );
    problems.expect(
      typeof note?.reason === 'string' && note.reason !== '',
      'note.reason',
      'expected why the command is given: it goes into the audit trail',
    );
    problems.throwIfAny('INPUT_INVALID', `The command for model "${model}"`);
  }
}
