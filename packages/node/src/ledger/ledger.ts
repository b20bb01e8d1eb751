import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EventType, type MaybePromise, type Sink, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import {
  callback,
  type Clock,
  count,
  EVENT_TYPES,
  flag,
  kind,
  list,
  msOrNever,
  oneOf,
  options as optionsOf,
  readOptions,
  required,
  systemClock,
  text,
  whole,
  withMethods,
} from '@understudy/core/authoring';
import { unsaid } from '../sinks/secret-options.ts';
import { timerMs } from '../timer-ms.ts';
import { eventField } from './event-fields.ts';
import { parseSigner } from './ledger-key.ts';
import {
  type ErasureNote,
  isSubject,
  type LedgerStatus,
  LedgerWriter,
  LONGEST_SUBJECT,
  type PersonalOptions,
} from './ledger-writer.ts';

export interface LedgerOptions {
  /** The directory of the ledger; it is made, 0700. One writer a directory: a second one is refused while the first is open. */
  readonly directory: string | URL;
  /** The private key that signs checkpoints, as `generateLedgerKey` makes it. The name in it is the origin of the ledger. */
  readonly key: string;
  /**
   * `deferred`: decisions are appended from the queue, a moment after their call. `before-return`: `predict` resolves when its
   * decision is on disk; calls that end together share one fdatasync. A ledger that fails, or that a call's deadline does not wait
   * for, keeps no call from being served: `status().sinks` counts it as `unacknowledged`. @defaultValue 'deferred'
   */
  readonly mode?: 'deferred' | 'before-return';
  /** The name of the sink, in `status().sinks`. @defaultValue 'ledger' */
  readonly name?: string;
  /** Types of events that are appended. @defaultValue every type */
  readonly types?: readonly EventType[];
  /** Whether input and output fields that `redact` allows are appended. @defaultValue false */
  readonly content?: boolean;
  /** Which fields are personal. They are sealed under a key of their subject, so that they can be erased. @defaultValue none */
  readonly personal?: PersonalOptions;
  /** A checkpoint is signed at the latest after so many records. @defaultValue 10000 */
  readonly checkpointRecords?: number;
  /** A checkpoint is signed every so many milliseconds, also when nothing was appended. @defaultValue 300000 (5 minutes) */
  readonly checkpointMs?: number;
  /** Hands each checkpoint outside, where the writer cannot change it. It may fail: no record waits for it. Its limit is 10 s. @defaultValue none */
  readonly anchor?: (checkpoint: string) => MaybePromise<void>;
  /** A segment that has so many bytes is followed by a new one. @defaultValue 67108864 (64 MiB) */
  readonly segmentBytes?: number;
  /** A segment that is so old is followed by a new one: retention removes whole segments. @defaultValue 86400000 (a day) */
  readonly segmentMs?: number;
  /** Bodies of records that are older are removed with their segment; their leaf hashes stay. @defaultValue Infinity */
  readonly retainMs?: number;
  /** Permissions of new files. @defaultValue 0o600 */
  readonly fileMode?: number;
  /** Times of records and checkpoints come from it, and it wakes the ledger. @defaultValue the clock of the machine */
  readonly clock?: Clock;
}

/** A sink that keeps every event as a record that nobody can change unseen. */
export interface Ledger extends Sink<UnderstudyEvent> {
  /** The key that verifies the checkpoints of now: publish it. */
  readonly verifierKey: string;
  /**
   * Appends events; resolves when all of them are on disk. Calls that come together share one fdatasync. An event that I-JSON
   * cannot hold becomes a record of the kind `refused`.
   *
   * @throws UnderstudyError `SINK_FAILED` when none of them is on disk, `CLOSED` after `close()`, `INPUT_INVALID` for what is no list
   */
  append(events: readonly UnderstudyEvent[]): Promise<void>;
  /** Signs a checkpoint of what is on disk now. */
  checkpoint(): Promise<void>;
  /**
   * Signs with another key from now on. The last checkpoint of the old key names the new one.
   *
   * @param key a private key of the same name
   * @throws UnderstudyError `CONFIGURATION_INVALID` for a key of another name
   */
  rotate(key: string): Promise<void>;
  /**
   * Destroys the key of a subject: what was sealed under it can never be read again. Two records tell of it, by a pseudonym.
   *
   * @returns whether the subject had a key
   * @throws UnderstudyError `CONFIGURATION_INVALID` for a subject or a note that is none
   */
  erase(subject: string, note: ErasureNote): Promise<boolean>;
  status(): LedgerStatus;
}

/**
 * Keeps every event in an append-only, signed ledger: evidence for what was decided, when and by which variant.
 *
 * Records are canonical JSON (RFC 8785) and leaves of a Merkle tree (RFC 6962); checkpoints are signed notes of C2SP.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; deliveries fail with `SINK_FAILED`, with the directory and the remedy
 */
export function ledger(options: LedgerOptions): Ledger {
  const { name, mode, types, content, directory, key, anchor, personal, ...settings } = readOptions(
    'ledger',
    options,
    KINDS,
    DEFAULTS,
  );
  const signer = parseSigner('ledger.key', key);
  const writer = new LedgerWriter({
    ...settings,
    directory: resolve(directory instanceof URL ? fileURLToPath(directory) : directory),
    origin: signer.name,
    signer,
    anchor,
    personal: personal === undefined ? undefined : { ...personal, fields: [...personal.fields] },
  });
  return {
    name,
    content,
    unsampled: true,
    ...(types === undefined ? {} : { accepts: (type: string) => types.some((known) => known === type) }),
    get verifierKey() {
      return writer.verifierKey;
    },
    append: async (events) => {
      const given: unknown = events;
      if (!Array.isArray(given)) throw new UnderstudyError('INPUT_INVALID', 'ledger.append() expects a list of events.');
      await writer.append(events);
    },
    write: (batch) => writer.append(batch),
    ...(mode === 'deferred' ? {} : { acknowledge: (event: UnderstudyEvent) => writer.append([event]) }),
    flush: () => writer.settled(),
    close: () => writer.close(),
    checkpoint: () => writer.sign(),
    rotate: (next) => {
      const nextSigner = parseSigner('ledger.rotate.key', next);
      return nextSigner.name === signer.name ? writer.rotate(nextSigner) : Promise.reject(otherName(signer.name));
    },
    erase: (subject, note) => {
      readOptions('ledger.erase', { subject }, SUBJECT_KINDS, {});
      const { by, reason } = readOptions('ledger.erase', note, ERASURE_KINDS, {});
      return writer.erase(subject, { by, reason });
    },
    status: () => writer.status(),
  };
}

function otherName(origin: string): UnderstudyError {
  const message = `expected a private key of the name ${origin}`;
  return new UnderstudyError('CONFIGURATION_INVALID', `ledger.rotate.key: ${message}.`, {
    details: { problems: [{ path: 'ledger.rotate.key', message }] },
  });
}

// The subject is a person: it is not repeated.
const SUBJECT_KINDS = { subject: required(unsaid(isSubject, `a text of 1 to ${LONGEST_SUBJECT} characters`)) };
const ERASURE_KINDS = { by: required(text), reason: required(text) };
const KINDS = {
  directory: required(
    kind(
      (value) => (value instanceof URL ? value.protocol === 'file:' : typeof value === 'string' && /^[^\0]+$/.test(value)),
      'the path of a directory, or a file: URL',
    ),
  ),
  key: required(unsaid((value) => typeof value === 'string', 'a private key as generateLedgerKey() makes it')),
  mode: oneOf('deferred', 'before-return'),
  name: text,
  types: list(oneOf(...EVENT_TYPES), 1),
  content: flag,
  personal: optionsOf<PersonalOptions>({
    fields: required(list(eventField, 1)),
    subject: required(callback),
    keys: required(withMethods('keysOf', 'find', 'destroy', 'all')),
  }),
  checkpointRecords: count,
  checkpointMs: timerMs,
  anchor: callback,
  segmentBytes: whole(1, 256 * 1024 * 1024),
  segmentMs: msOrNever,
  retainMs: msOrNever,
  fileMode: whole(0, 0o777),
  clock: withMethods('now', 'wall', 'schedule', 'cancel'),
};
const DEFAULTS = {
  name: 'ledger',
  mode: 'deferred',
  content: false,
  checkpointRecords: 10_000,
  checkpointMs: 300_000,
  segmentBytes: 64 * 1024 * 1024,
  segmentMs: 86_400_000,
  retainMs: Infinity,
  fileMode: 0o600,
  clock: systemClock,
} as const;
