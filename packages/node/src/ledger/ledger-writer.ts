import type { MaybePromise, UnderstudyEvent } from '@understudy/core';
import { UnderstudyError } from '@understudy/core';
import { atOnce, type Clock, safeErrorText, type TimerHandle } from '@understudy/core/authoring';
import { fileError, type FileWriter } from '../sinks/file-error.ts';
import { PathLock } from '../sinks/path-lock.ts';
import { Anchor, type AnchorStatus } from './anchor.ts';
import { type Json, type JsonObject, NotIJson, toIJson } from './canonical-json.ts';
import { LedgerFiles, lockDirectory, type RecordMaker } from './ledger-files.ts';
import type { Signer } from './ledger-key.ts';
import { type PersonalField, pseudonymOf, sealFields, type SubjectSeal, takeFields } from './personal-fields.ts';
import type { RecordBody } from './record.ts';
import { damaged } from './recover.ts';
import { ledgerPath } from './segments.ts';
import type { SubjectKeys } from './subject-keys.ts';
import { within } from '../within.ts';

/** Which fields of events are personal, and under whose key they are sealed. */
export interface PersonalOptions {
  /** Paths of fields in an event: `tenant`, `input.name`, `output.text`. In a list, those of each item. They are in no record as they are. */
  readonly fields: readonly string[];
  /** Whom the event is about. Without an answer its personal fields are left out of the record. Must answer at once. */
  readonly subject: (event: UnderstudyEvent) => string | undefined;
  /** Where the keys are kept, such as `fileSubjectKeys`. */
  readonly keys: SubjectKeys;
}

/** Who asked for an erasure, and why: both are kept in the ledger. */
export interface ErasureNote {
  /** A person or a program; not the subject. */
  readonly by: string;
  readonly reason: string;
}

export interface LedgerStatus {
  readonly directory: string;
  /** Records on disk; 0 before the first write. */
  readonly size: number;
  /** The newest checkpoint: how many records it covers, and when it was made. */
  readonly checkpoint?: { readonly size: number; readonly at: number };
  readonly anchor: AnchorStatus;
  /** Events that I-JSON cannot hold: a record tells of each, without its content. */
  readonly refused: number;
  /** Events whose personal fields were left out, since their subject is not known. */
  readonly withheld: number;
  /** What crashes left behind and was mended: bytes of torn lines that were cut off, leaf files that were made again. */
  readonly repaired: { readonly bytes: number; readonly leafFiles: number };
  /** What retention has removed. */
  readonly pruned: { readonly segments: number; readonly records: number };
  /** What failed last beside the writing of records: a checkpoint, retention, `subject`. */
  readonly lastError?: string;
}

export interface LedgerWriterOptions {
  readonly directory: string;
  readonly origin: string;
  /** Absent where no checkpoints are made. */
  readonly signer: Signer | undefined;
  readonly checkpointRecords: number;
  readonly checkpointMs: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly retainMs: number;
  readonly fileMode: number;
  readonly anchor: ((checkpoint: string) => MaybePromise<void>) | undefined;
  readonly personal: PersonalOptions | undefined;
  readonly clock: Clock;
}

/** An event that waits for its place. */
interface Prepared {
  readonly body: RecordBody;
  readonly personal?: { readonly fields: readonly PersonalField[]; readonly subject: string };
}

/** Events that were handed over together. */
interface Group {
  readonly events: readonly Prepared[];
  readonly done: PromiseWithResolvers<void>;
}

const WRITER: FileWriter = { name: 'ledger', onFull: 'free space on the disk, or set retainMs' };
/** Events of one write. */
const MOST_AT_ONCE = 10_000;
/** How long code that is not ours may take: the keys of subjects, and the anchor. */
const FOREIGN_MS = 10_000;
/** Characters of a subject. */
export const LONGEST_SUBJECT = 1000;
/** Whether an answer names a subject. */
export const isSubject = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST_SUBJECT && value.isWellFormed();

/** Appends to one ledger. What comes while a write is under way shares the next one. */
export class LedgerWriter {
  readonly #options: LedgerWriterOptions;
  readonly #lock: PathLock;
  readonly #anchor: Anchor | undefined;
  #signer: Signer | undefined;
  #files: LedgerFiles | undefined;
  /** Whether a record tells that this writer has opened the ledger. */
  #isAnnounced = false;
  #gathered: Group[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #timer: TimerHandle;
  #isClosed = false;
  #refused = 0;
  #withheld = 0;
  #repaired = { bytes: 0, leafFiles: 0 };
  #pruned = { segments: 0, records: 0 };
  #size = 0;
  #checkpoint: LedgerStatus['checkpoint'];
  #lastError: string | undefined;

  constructor(options: LedgerWriterOptions) {
    this.#options = options;
    this.#signer = options.signer;
    this.#lock = new PathLock(ledgerPath.lock(options.directory));
    if (options.anchor !== undefined) this.#anchor = new Anchor(options.anchor, options.clock, FOREIGN_MS);
    this.#schedule();
  }

  get verifierKey(): string {
    return this.#signer?.verifierKey ?? '';
  }

  /** Resolves when all of them are on disk, by a write that other calls may share. */
  async append(events: readonly UnderstudyEvent[]): Promise<void> {
    if (this.#isClosed) throw new UnderstudyError('CLOSED', `The ledger in ${this.#options.directory} is closed.`);
    if (events.length === 0) return;
    // Prepared at once: the caller may change them later.
    const group: Group = { events: events.map((event) => this.#prepare(event)), done: Promise.withResolvers<void>() };
    this.#gathered.push(group);
    if (this.#gathered.length === 1) void this.#inTurn(() => this.#drain()).catch(() => undefined);
    await group.done.promise;
  }

  /** Signs what is on disk. */
  async sign(): Promise<void> {
    await this.#inTurn(async () => (await this.#announced()).sign());
  }

  async rotate(next: Signer): Promise<void> {
    await this.#inTurn(async () => {
      const files = await this.#announced();
      try {
        await files.rotate(next);
      } finally {
        // It has changed as soon as the old key has named the new one.
        this.#signer = files.signer;
      }
    });
  }

  /** Destroys the key of a subject. Answers whether there was one. */
  async erase(subject: string, { by, reason }: ErasureNote): Promise<boolean> {
    const { personal, clock, origin } = this.#options;
    if (personal === undefined) return false;
    const { keys } = personal;
    return this.#inTurn(async () => {
      const key = await within(clock, FOREIGN_MS, 'personal.keys.find', () => keys.find(subject));
      if (key === undefined) return false;
      const pseudonym = pseudonymOf(key, origin);
      const files = await this.#announced();
      await files.append([() => ({ kind: 'erasure-requested', subject: pseudonym, by, reason })]);
      await within(clock, FOREIGN_MS, 'personal.keys.destroy', () => keys.destroy(subject));
      await files.append([() => ({ kind: 'key-destroyed', subject: pseudonym })]);
      await files.sign();
      return true;
    });
  }

  /** Resolves when what was handed over before is on disk, or has failed. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  /** Signs, and lets the directory go. */
  async close(): Promise<void> {
    if (this.#isClosed) return this.settled();
    this.#isClosed = true;
    this.#options.clock.cancel(this.#timer);
    try {
      await this.#inTurn(async () => {
        const isUnsigned = this.#size > (this.#checkpoint?.size ?? 0);
        if (this.#files !== undefined || isUnsigned) await (await this.#own()).sign();
      });
    } finally {
      await this.#inTurn(async () => {
        await this.#shut();
        await this.#lock.release();
      });
      await this.#anchor?.settled();
    }
  }

  status(): LedgerStatus {
    return {
      directory: this.#options.directory,
      size: this.#size,
      ...(this.#checkpoint === undefined ? {} : { checkpoint: this.#checkpoint }),
      anchor: this.#anchor?.status ?? { delivered: 0, failed: 0, overtaken: 0 },
      refused: this.#refused,
      withheld: this.#withheld,
      repaired: this.#repaired,
      pruned: this.#pruned,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  /** One after the other. After a failure the files are opened again, and mended. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work).catch(async (error: unknown) => {
      this.#note();
      await this.#shut().catch((shutting: unknown) => this.#noted(shutting));
      throw UnderstudyError.is(error) ? error : fileError(this.#options.directory, error, WRITER);
    });
    this.#turn = mine.catch(() => undefined);
    const result = await mine;
    this.#note();
    return result;
  }

  #note(): void {
    if (this.#files === undefined) return;
    this.#size = this.#files.size;
    const { checkpoint } = this.#files;
    if (checkpoint !== undefined) this.#checkpoint = { size: checkpoint.size, at: checkpoint.at };
  }

  #noted(error: unknown): void {
    this.#lastError = safeErrorText(error);
  }

  async #drain(): Promise<void> {
    const groups: Group[] = [];
    for (let count = 0; count < MOST_AT_ONCE;) {
      const group = this.#gathered.shift();
      if (group === undefined) break;
      groups.push(group);
      count += group.events.length;
    }
    if (this.#gathered.length > 0) void this.#inTurn(() => this.#drain()).catch(() => undefined);
    const reject = (error: unknown): void => {
      const told = UnderstudyError.is(error) ? error : fileError(this.#options.directory, error, WRITER);
      for (const { done } of groups) done.reject(told);
    };
    const events = groups.flatMap((group) => group.events);
    let seals: ReadonlyMap<string, SubjectSeal>;
    try {
      seals = await this.#sealsOf(events);
    } catch (error) {
      // The files have nothing to do with it: they stay open.
      return reject(error);
    }
    try {
      await this.#write(events, seals);
    } catch (error) {
      reject(error);
      throw error;
    }
    this.#note();
    for (const { done } of groups) done.resolve();
    await this.#signIfDue();
  }

  async #write(events: readonly Prepared[], seals: ReadonlyMap<string, SubjectSeal>): Promise<void> {
    const { origin } = this.#options;
    const makers = events.map(({ body, personal }): RecordMaker => {
      const seal = personal === undefined ? undefined : seals.get(personal.subject);
      if (personal === undefined || seal === undefined) return () => body;
      return (seq) => ({ ...body, sealed: sealFields(personal.fields, seal, origin, seq) }) as RecordBody;
    });
    const files = await this.#own();
    await files.append([...this.#announcement(files), ...makers]);
    this.#isAnnounced = true;
  }

  async #sealsOf(events: readonly Prepared[]): Promise<ReadonlyMap<string, SubjectSeal>> {
    const { personal, clock, origin } = this.#options;
    const subjects = [...new Set(events.flatMap((event) => event.personal?.subject ?? []))];
    if (personal === undefined || subjects.length === 0) return new Map();
    const keys = await within(clock, FOREIGN_MS, 'personal.keys.keysOf', () => personal.keys.keysOf(subjects));
    const isWhole =
      Array.isArray(keys) && subjects.every((_, index) => keys[index] instanceof Uint8Array && keys[index].length === 32);
    if (!isWhole)
      throw new UnderstudyError(
        'SINK_FAILED',
        'The ledger cannot seal: personal.keys.keysOf() must answer 32 bytes for each subject.',
        {
          retryable: true,
        },
      );
    return new Map(
      subjects.map((subject, index) => {
        const key = keys[index] ?? new Uint8Array();
        return [subject, { key, pseudonym: pseudonymOf(key, origin) }];
      }),
    );
  }

  /** The records are on disk already: a checkpoint that fails is told, and the next one covers them. */
  async #signIfDue(): Promise<void> {
    const files = this.#files;
    if (files === undefined || files.size - (files.checkpoint?.size ?? 0) < this.#options.checkpointRecords) return;
    try {
      await files.sign();
      this.#note();
    } catch (error) {
      this.#noted(error);
      await this.#shut();
    }
  }

  /** The files of this writer, and of no other. */
  async #own(): Promise<LedgerFiles> {
    const { directory, fileMode, segmentBytes, segmentMs, clock } = this.#options;
    const isHeld = await this.#lock.isHeld();
    if (this.#files !== undefined && isHeld) return this.#files;
    const hadThem = this.#files !== undefined;
    await this.#shut();
    if (!isHeld) {
      const owner = await lockDirectory(directory, this.#lock);
      if (owner !== undefined) throw taken(directory, hadThem ? 'another process has taken it over' : `${owner} writes there`);
      this.#isAnnounced = false;
    }
    const now = (): number => clock.wall();
    const onCheckpoint = (note: string): void => this.#anchor?.offer(note);
    const files = await LedgerFiles.open({ directory, fileMode, segmentBytes, segmentMs, now, onCheckpoint }, this.#signer);
    if (files.size < this.#size) {
      await files.close();
      throw damaged(directory, `it had ${this.#size} records, and has ${files.size}`);
    }
    this.#files = files;
    this.#repaired = {
      bytes: this.#repaired.bytes + files.repairedBytes,
      leafFiles: this.#repaired.leafFiles + Number(files.repairedLeaves),
    };
    return files;
  }

  /** The files, after a record that tells who opened them. */
  async #announced(): Promise<LedgerFiles> {
    const files = await this.#own();
    const announcement = this.#announcement(files);
    if (announcement.length > 0) await files.append(announcement);
    this.#isAnnounced = true;
    return files;
  }

  #announcement({ repairedBytes }: LedgerFiles): readonly RecordMaker[] {
    if (this.#isAnnounced) return [];
    const key = this.#signer === undefined ? {} : { key: this.#signer.verifierKey };
    const repaired = repairedBytes > 0 ? { repairedBytes } : {};
    return [() => ({ kind: 'opened', origin: this.#options.origin, ...key, ...repaired })];
  }

  async #shut(): Promise<void> {
    const files = this.#files;
    this.#files = undefined;
    await files?.close();
  }

  #schedule(): void {
    const { clock, checkpointMs, signer } = this.#options;
    if (signer !== undefined && !this.#isClosed) this.#timer = clock.schedule(() => void this.#beat(), checkpointMs, true);
  }

  /** A checkpoint shows that the writer lives, also where nothing was appended; then retention. */
  async #beat(): Promise<void> {
    const { retainMs } = this.#options;
    try {
      await this.#inTurn(async () => {
        if (this.#isClosed) return;
        const files = await this.#announced();
        await files.sign();
        if (retainMs === Infinity) return;
        const { segments, records } = await files.prune(retainMs);
        this.#pruned = { segments: this.#pruned.segments + segments, records: this.#pruned.records + records };
      });
    } catch (error) {
      this.#noted(error);
    }
    this.#schedule();
  }

  #prepare(event: UnderstudyEvent): Prepared {
    try {
      const copy = toIJson(event);
      if (!isObject(copy)) throw new NotIJson('no event');
      const { personal } = this.#options;
      if (personal === undefined) return { body: { kind: 'event', event: copy } };
      const fields = takeFields(copy, personal.fields);
      const body = { kind: 'event', event: copy } as const;
      if (fields.length === 0) return { body };
      const subject = this.#subjectOf(event, personal);
      if (subject !== undefined) return { body, personal: { fields, subject } };
      this.#withheld++;
      return { body: { ...body, withheld: personal.fields } };
    } catch (error) {
      this.#refused++;
      return { body: refusal(event, error) };
    }
  }

  #subjectOf(event: UnderstudyEvent, { subject }: PersonalOptions): string | undefined {
    try {
      const answer = atOnce(subject(event));
      if (answer === undefined) return undefined;
      if (isSubject(answer)) return answer;
      throw new TypeError(`personal.subject answered no text of 1 to ${LONGEST_SUBJECT} characters.`);
    } catch (error) {
      this.#noted(error);
      return undefined;
    }
  }
}

const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is said of an event that cannot be a record: nothing of its content. */
function refusal(event: UnderstudyEvent, error: unknown): RecordBody {
  const [field = ''] = error instanceof NotIJson ? error.path : [];
  const problem = error instanceof NotIJson ? error.message : 'it could not be read';
  return {
    kind: 'refused',
    type: shortText(event, 'type'),
    id: shortText(event, 'id'),
    field: /^\w{1,40}$/.test(field) ? field : '',
    problem,
  };
}

function shortText(event: UnderstudyEvent, name: 'type' | 'id'): string {
  try {
    const value: unknown = event[name];
    return typeof value === 'string' && value.isWellFormed() ? value.slice(0, 200).toWellFormed() : '';
  } catch {
    return '';
  }
}

function taken(directory: string, why: string): UnderstudyError {
  return new UnderstudyError(
    'SINK_FAILED',
    `The ledger cannot write to ${directory}: ${why}. Give each process a directory of its own, or remove ledger.lock there if nobody writes.`,
    { retryable: true, details: { directory } },
  );
}
