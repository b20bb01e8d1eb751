import { asError, UnderstudyError } from '../errors/index.ts';
import type { Command, ControlNote, Versioned } from '../types/index.ts';
import type { BreachPhase } from './breach-state.ts';
import { applyCommand } from './apply-command.ts';
import { type BreachChange, closeBreach, monitorId, openBreach } from './act-on-breach.ts';
import { checkCommand, type Replacement, replacedDocument } from './check-command.ts';
import { type ControlDocument, emptyDocument, RECENT_WRITERS } from './control-document.ts';
import { type ControlSnapshot, firstSnapshot, type ModelControlOptions } from './control-snapshot.ts';
import { LocalStamps } from './local-stamps.ts';
import { type DocumentProblem, type DocumentRead, readDocument, withSwitches } from './read-document.ts';
import { SoughtChanges } from './sought-changes.ts';
import { MAX_SKEW_MS, StoreTime } from './store-time.ts';

/** A change that was given to the store. */
interface Sent {
  readonly expected: number;
  readonly next: DocumentRead;
  /** What the store was given. */
  readonly value: unknown;
  /** Whether the store did not say what became of it. */
  readonly unsure: boolean;
}

/** A writer gives up after losing this many races in a row. */
const MAX_RACES = 20;
/** So many times a store is asked what became of a change before its fate counts as unknown. */
const MAX_DOUBTS = 3;

/** What is to be told of a breach, and when it began, in milliseconds since the Unix epoch. */
export interface BreachTold {
  readonly phase: BreachPhase;
  readonly since: number;
}

/**
 * What one model exchanges with the store: its control document, read into a snapshot for the call path, and changed only by
 * compare-and-set. When the store goes away the last known document stays in force.
 */
export class ControlExchange {
  readonly #options: ModelControlOptions;
  readonly #key: string;
  #snapshot: ControlSnapshot;
  #loading: Promise<void> | undefined;
  #storeFailure: Error | undefined;
  readonly #time: StoreTime;
  readonly #stamps = new LocalStamps();
  readonly #sought: SoughtChanges;
  #instance: string | undefined;
  #changes = 0;
  #changing: Promise<void> = Promise.resolve();

  constructor(options: ModelControlOptions) {
    this.#options = options;
    this.#time = new StoreTime(options.clock, options.store);
    this.#sought = new SoughtChanges(options.clock, options.refreshMs, () => this.refresh());
    this.#key = `model/${options.model}`;
    this.#snapshot = firstSnapshot(options);
  }

  get snapshot(): ControlSnapshot {
    return this.#snapshot;
  }

  /** What the store answered last, when that was a failure. */
  get storeFailure(): Error | undefined {
    return this.#storeFailure;
  }

  /** Milliseconds since the Unix epoch, by the store's clock where it has one: all that processes share is stamped by it. */
  wall(): number {
    return this.#time.now();
  }

  /** By how much this process' clock is ahead of the store's, or of the process' that stamped last; 0 for what is no matter. */
  get aheadMs(): number {
    const ahead = this.#time.aheadMs || this.#stamps.aheadMs;
    return Math.abs(ahead) > MAX_SKEW_MS ? Math.round(ahead) : 0;
  }

  /** Reads the document; never rejects. */
  refresh(): Promise<void> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /**
   * Resolves when an operator may give a command.
   *
   * @throws UnderstudyError `FORBIDDEN`; what {@link checkCommand} throws
   */
  async authorized(command: Command, note: ControlNote, replacement?: Replacement): Promise<void> {
    const { authorize, changed, variants } = this.#options;
    const { kind, model, variant } = command;
    checkCommand(command, variants, note, replacement);
    const answer: unknown = authorize === undefined || (await authorize(note.by, command));
    // In plain JS it may be anything, such as an object that says no.
    if (answer !== true) {
      changed(command, note, 'forbidden', this.#snapshot.version);
      throw new UnderstudyError(
        'FORBIDDEN',
        `${note.by.id} may not ${kind}${variant === undefined ? '' : ` ${variant}`} on model "${model}": ask an operator whose roles the runtime's authorize() accepts.`,
        { details: { model } },
      );
    }
  }

  /** Gives a command: authorised, then written by compare-and-set; later calls of this process obey it. */
  async command(kind: Command['kind'], variant: string | undefined, note: ControlNote, replacement?: Replacement): Promise<void> {
    const { model, changed, commandRollout } = this.#options;
    const command: Command = { kind, model, ...(variant === undefined ? {} : { variant }) };
    await this.authorized(command, note, replacement);
    const first = await this.#first(command, note);
    await this.change(
      `the command ${kind}`,
      (document) =>
        replacement === undefined
          ? applyCommand(document, command, note, this.wall(), commandRollout)
          : replacedDocument(this.#options.champion, replacement, note, this.wall()),
      (version) => changed(command, note, 'obeyed', version, first),
      replacement !== undefined ? 'corrupt' : SWITCHES.has(kind) ? 'newer' : undefined,
    );
  }

  /** Who gave this command first, where it needs two persons. @throws UnderstudyError `SECOND_PERSON_NEEDED` for the first of them */
  async #first(command: Command, note: ControlNote): Promise<string | undefined> {
    const { fourEyes, store, changed } = this.#options;
    if (fourEyes?.needs(command) !== true) return undefined;
    await this.#time.known();
    const first = await fourEyes.first(store, command, note, this.wall());
    if (typeof first === 'string') return first;
    changed(command, note, 'awaits-second', this.#snapshot.version);
    throw first;
  }

  /**
   * Acts on a monitor's confirmed breach, or on its recovery: once over all processes. Monitors are part of the model's code and
   * need no authorisation; what they do is told like a command.
   *
   * @param later called instead, after a rejection that says "unknown", when it is found that this process is the one
   * @returns what this process is to tell of it, as the one that does
   * @throws UnderstudyError as {@link change} does
   */
  async judged(
    breach: Omit<Parameters<typeof openBreach>[1], 'model'>,
    recovered: boolean,
    later: (told: BreachTold) => void = () => undefined,
  ): Promise<BreachTold | undefined> {
    const { model, commandRollout, changed } = this.#options;
    const { monitor, effects, reason } = breach;
    let made: BreachChange | undefined;
    let isLate = false;
    let told: BreachTold | undefined;
    const decide = (document: ControlDocument): ControlDocument | undefined => {
      made = recovered
        ? closeBreach(document, { model, monitor, resumes: effects.includes('fall-back') }, this.wall())
        : openBreach(document, { model, ...breach }, this.wall(), commandRollout);
      return made?.document;
    };
    try {
      await this.change(`what the monitor ${monitor} found`, decide, (version) => {
        const note: ControlNote = { by: { id: monitorId(monitor), roles: ['monitor'] }, reason };
        for (const command of made?.commands ?? []) changed(command, note, 'obeyed', version);
        const { phase, since = 0 } = made ?? {};
        told = phase === undefined ? undefined : { phase, since };
        if (told !== undefined && isLate) later(told);
      });
    } finally {
      isLate = true;
    }
    return told;
  }

  close(): void {
    this.#sought.close();
  }

  /**
   * Changes the document by compare-and-set: `decide` sees what is stored, again for each race that was lost, and returns
   * `undefined` to leave it. Returns the new version, or `undefined` when it was left.
   *
   * Each change has an id, and the last one of each process travels with the document. Where an answer of the store is lost, the document says whether the
   * change was made. Where it cannot be read either, the fate is unknown, and this process goes on looking.
   *
   * @param told called once when the change is in force, with the version that it made: before this resolves, or, after a
   * rejection that says "unknown", when it is found
   * @param over which document it may change that cannot be read as a whole: a damaged one, and no other; or one of a newer format, and of it
   * the switches alone
   * @throws UnderstudyError `STORE_UNAVAILABLE`, or `CONTROL_CONFLICT` after too many races or for a document that cannot be read
   */
  async change(
    what: string,
    decide: (document: ControlDocument) => ControlDocument | undefined,
    told: (version: number) => void = () => undefined,
    over?: DocumentProblem,
  ): Promise<number | undefined> {
    // One at a time: the document keeps the last change of each process, and the fate of one is known before the next.
    const before = this.#changing;
    const done = Promise.withResolvers<void>();
    this.#changing = done.promise;
    await before;
    try {
      return await this.#change(what, decide, told, over);
    } finally {
      done.resolve();
    }
  }

  async #change(
    what: string,
    decide: (document: ControlDocument) => ControlDocument | undefined,
    told: (version: number) => void,
    over: DocumentProblem | undefined,
  ): Promise<number | undefined> {
    const { store, model } = this.#options;
    this.#instance ??= this.#newInstance();
    const id = `${this.#instance}.${++this.#changes}`;
    let sent: Sent | undefined;
    let doubts = 0;
    try {
      for (let race = 0; race < MAX_RACES && doubts < MAX_DOUBTS; race++) {
        const before = this.#snapshot;
        const { version, value } = await this.#ask();
        const read = this.#readValue(version, value, before.document);
        const { document, problem, newer } = read;
        this.#sought.found(version, document.recent);
        if (sent !== undefined && document.recent.includes(id)) return this.#made(before, version, read, sent, told);
        if (over === 'corrupt' && problem === undefined) throw this.#healthy(version);
        const mayChange = problem === undefined || (problem === over && (problem === 'corrupt' || newer !== undefined));
        if (!mayChange) throw this.#unreadable(problem, version);
        if (sent?.unsure !== true || sent.expected !== version) {
          const next = decide(document);
          if (next === undefined) {
            // What the store has lost stays known by its version, so that the next refresh gives it back.
            if (version > 0 || before.version === 0) this.#adopt(before, version, { document });
            return undefined;
          }
          const changed = { ...next, recent: this.#withChange(document.recent, id) };
          sent =
            newer === undefined
              ? { expected: version, next: { document: changed }, value: this.#stamps.toStored(changed), unsure: false }
              : { expected: version, next: { ...read, document: changed }, value: withSwitches(newer, changed), unsure: false };
        }
        // One that may be on its way is given again as it was: at one version the store takes one of them.
        try {
          const written = await store.compareAndSet(this.#key, version, sent.value);
          if (written !== undefined) return this.#made(before, written, sent.next, sent, told);
        } catch (error) {
          if (!isUnsure(error)) throw error;
          sent = { ...sent, unsure: true };
          this.#storeFailure = asError(error);
          if (++doubts === MAX_DOUBTS) throw error;
        }
      }
    } catch (error) {
      if (!isUnsure(error)) throw error;
      if (sent?.unsure !== true) throw this.#notTaken(what, error);
      this.#sought.add(id, { told, version: sent.expected + 1 });
      throw this.#unknown(what, error);
    }
    throw new UnderstudyError(
      'CONTROL_CONFLICT',
      `${what} for model "${model}" lost ${MAX_RACES} races against other writers: try again.`,
      { retryable: true, details: { model } },
    );
  }

  /** The change is in force. @param version of the document that shows it */
  #made(before: ControlSnapshot, version: number, read: DocumentRead, sent: Sent, told: (version: number) => void): number {
    this.#adopt(before, version, read);
    const made = sent.expected + 1;
    told(made);
    return made;
  }

  async #ask(): Promise<Versioned> {
    const [answer] = await Promise.all([this.#options.store.read(this.#key), this.#time.known()]);
    return answer;
  }

  async #read(): Promise<void> {
    const before = this.#snapshot;
    try {
      const { version, value } = await this.#ask();
      this.#storeFailure = undefined;
      const read = this.#readValue(version, value, before.document);
      if (version === 0) await this.#begin(before);
      else this.#adopt(before, version, read);
    } catch (error) {
      this.#storeFailure = asError(error);
    }
  }

  /** @param known what is in force where there is none: nothing yet, or what the store has lost */
  #readValue(version: number, value: unknown, known: ControlDocument): DocumentRead {
    if (version === 0) {
      this.#stamps.sawNone(this.wall());
      return { document: known };
    }
    const { document, ...problem } = readDocument(value, known);
    return { document: this.#stamps.toLocal(version, document, this.wall()), ...problem };
  }

  /** There is no document: there never was one, or the store has lost it. What was known then goes back: a pin or a pause must last. */
  async #begin(before: ControlSnapshot): Promise<void> {
    const { store, champion } = this.#options;
    if (before.version === 0) this.#adopt(before, 0, { document: emptyDocument(champion) });
    // What could not be read as a whole is not written: those who can give it back.
    else if (before.problem === undefined) {
      const version = await store.compareAndSet(this.#key, 0, this.#stamps.toStored(before.document));
      // Somebody else was faster: the next refresh reads theirs.
      if (version !== undefined) this.#adopt(before, version, { document: before.document });
    }
  }

  /** @param before the snapshot when the store was asked */
  #adopt(before: ControlSnapshot, version: number, { document, problem }: DocumentRead): void {
    this.#sought.found(version, document.recent);
    // An answer that was overtaken. A lower version than was known before asking is none: the store has lost data, and what it
    // has now is in force.
    if (version < this.#snapshot.version && this.#snapshot !== before) return;
    this.#snapshot =
      problem === undefined
        ? { known: true, version, document }
        : { known: false, version, document, problem: this.#unreadable(problem, version).message };
  }

  #newInstance(): string {
    const { word = platformWord } = this.#options;
    return `${word().toString(36)}${word().toString(36)}`;
  }

  /** The last change of each process, the newest last. */
  #withChange(recent: readonly string[], id: string): readonly string[] {
    const others = recent.filter((known) => !known.startsWith(`${this.#instance}.`));
    return [...others, id].slice(-RECENT_WRITERS);
  }

  #unreadable(problem: DocumentProblem, version: number): UnderstudyError {
    const { model, store } = this.#options;
    const about = `The control document of model "${model}" in the store "${store.name}" (version ${version})`;
    const inForce = 'What it says of paused, pinned and isolated is in force, as far as it can be read.';
    const text =
      problem === 'newer'
        ? `${about} is of a newer format. ${inForce} This process can change these, and nothing else: update it for other commands.`
        : `${about} is damaged. ${inForce} Mend it: control.replace({ paused, pinned, isolated }, note) writes it anew.`;
    return new UnderstudyError('CONTROL_CONFLICT', text, { details: { model, problem } });
  }

  #healthy(version: number): UnderstudyError {
    const { model, store } = this.#options;
    return new UnderstudyError(
      'CONTROL_CONFLICT',
      `The control document of model "${model}" in the store "${store.name}" (version ${version}) can be read: there is nothing to mend. Use pause, pin, isolate and their opposites.`,
      { details: { model } },
    );
  }

  #notTaken(what: string, cause: unknown): UnderstudyError {
    const { model, store } = this.#options;
    return new UnderstudyError(
      'STORE_UNAVAILABLE',
      `The store "${store.name}" did not take ${what} for model "${model}": nothing was changed. Try again when it is back.`,
      { cause, retryable: true, details: { model } },
    );
  }

  #unknown(what: string, cause: unknown): UnderstudyError {
    const { model, store } = this.#options;
    return new UnderstudyError(
      'STORE_UNAVAILABLE',
      `The store "${store.name}" did not say what became of ${what} for model "${model}": unknown whether it is in force. Read status().control again before you repeat it. Where it is in force, this process tells it as soon as it sees that.`,
      { cause, retryable: true, details: { model, outcome: 'unknown' } },
    );
  }
}

/** Commands that an older release may give, too: a kill switch must not depend on which release runs. */
const SWITCHES: ReadonlySet<Command['kind']> = new Set<Command['kind']>([
  'pause',
  'resume',
  'pin',
  'unpin',
  'isolate',
  'readmit',
]);

const platformWord = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;

/** Whether a failure of a store leaves open what it did: errors of ours say that it did nothing. */
const isUnsure = (error: unknown): boolean => !UnderstudyError.is(error) || error.code === 'STORE_UNAVAILABLE';
