import { createHmac } from 'node:crypto';
import type { Pseudonyms } from '@understudy/core';
import { callback, kind, list, options as optionsOf, readOptions, type Relation, required } from '@understudy/core/authoring';
import { unsaid } from '../sinks/secret-options.ts';

/** A secret key, and the epoch in which it makes pseudonyms. */
export interface PseudonymKey {
  /** Its name, which every pseudonym begins with: 1–32 letters, digits, `-` and `_`, such as `2026-h2`. */
  readonly epoch: string;
  /** 16 bytes at least, the same in every process, another in each epoch: 32 random bytes from your secret store. */
  readonly key: string | Uint8Array;
  /** When the epoch begins. The key of an epoch is used until the next one begins. @defaultValue always; required of all keys but the first */
  readonly from?: Date | number;
}

export interface PseudonymsOptions {
  /** One key for each epoch, in the order in which they begin. */
  readonly keys: readonly PseudonymKey[];
  /** What becomes a pseudonym: `unit`, `tenant`, and fields that `redact` allows, such as `input.customer`. @defaultValue ['unit', 'tenant'] */
  readonly fields?: readonly string[];
  /** Milliseconds since the Unix epoch. @defaultValue Date.now */
  readonly now?: () => number;
}

export interface KeyedPseudonyms extends Pseudonyms {
  /** The pseudonyms of a text in all epochs whose keys are given, the newest first: to find what is kept of a person. */
  all(text: string): readonly string[];
}

/** 132 bits of the HMAC, in base64url. */
const CHARACTERS = 22;
/** Texts whose pseudonyms are remembered: a call asks more than once, and units come again. */
const REMEMBERED = 1000;
/** Longer ones are not: they would fill the memory. */
const LONGEST_REMEMBERED = 200;
const LEAST_KEY_BYTES = 16;

/**
 * Makes pseudonyms: HMAC-SHA-256 (RFC 2104) of a text under the key of the epoch, as `epoch.base64url`. Who has the key can make the pseudonym of a
 * person whom he knows; nobody can go back from it. Destroy the key of an epoch, and what was written in it can no longer be matched to anybody.
 *
 * A unit has another pseudonym in the next epoch: in the evidence of a rollout that spans both it counts as two units. Begin epochs between
 * rollouts.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function pseudonyms(options: PseudonymsOptions): KeyedPseudonyms {
  const { keys, fields, now } = readOptions('pseudonyms', options, KINDS, { fields: ['unit', 'tenant'], now: Date.now }, inOrder);
  // Copies: a caller may clear the bytes of a key, or change the list.
  const epochs = keys
    .map(({ epoch, key, from = -Infinity }) => ({ epoch, key: Buffer.from(key as string), from: Number(from) }))
    .toReversed();
  const named = ({ epoch, key }: (typeof epochs)[number], text: string): string =>
    `${epoch}.${createHmac('sha256', key).update(bytesOf(text)).digest('base64url').slice(0, CHARACTERS)}`;
  const remembered = new Map<string, string>();
  let current = epochs.at(-1);

  return {
    fields: [...fields],
    of: (text) => {
      const at = now();
      const epoch = epochs.find(({ from }) => from <= at) ?? epochs.at(-1);
      if (epoch !== current) {
        remembered.clear();
        current = epoch;
      }
      let name = remembered.get(text);
      if (name === undefined && epoch !== undefined) {
        name = named(epoch, text);
        if (text.length > LONGEST_REMEMBERED) return name;
        if (remembered.size >= REMEMBERED) remembered.clear();
        remembered.set(text, name);
      }
      return name ?? '';
    },
    all: (text) => epochs.map((epoch) => named(epoch, text)),
  };
}

/** UTF-8 has one form for all halves of surrogate pairs: texts that differ in them would have one pseudonym. */
const bytesOf = (text: string): string | Buffer => (text.isWellFormed() ? text : Buffer.from(text, 'utf16le'));

/** A buffer that nobody has filled, or one character again and again, is no secret. */
const isUniform = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === bytes[0]);
const isKey = (value: unknown): boolean =>
  (typeof value === 'string' || value instanceof Uint8Array) &&
  Buffer.byteLength(value) >= LEAST_KEY_BYTES &&
  !isUniform(Buffer.from(value as string));
const isTime = (value: unknown): boolean =>
  value instanceof Date ? !Number.isNaN(value.getTime()) : typeof value === 'number' && Number.isFinite(value);

/** Nothing that was given here is repeated: a key may have been put into the place of its name. */
const entry = optionsOf<PseudonymKey>({
  epoch: required(
    unsaid(
      (value) => typeof value === 'string' && /^[\w-]{1,32}$/.test(value),
      "a name of 1 to 32 letters, digits, - and _, such as '2026-h2'",
    ),
  ),
  key: required(
    unsaid(isKey, `a text or bytes, ${LEAST_KEY_BYTES} bytes at least, not all the same: 32 random bytes from your secret store`),
  ),
  from: kind(isTime, 'a Date, or milliseconds since the Unix epoch'),
});
const isEntry = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const noEntry = unsaid(isEntry, 'an object with epoch, key and from');
const noList = unsaid((value) => Array.isArray(value) && value.length > 0, 'a list of at least 1 key');
const entries = list((value) => (isEntry(value) ? entry(value) : noEntry(value)), 1);

const KINDS = {
  keys: required((value) => noList(value) ?? entries(value)),
  fields: list(
    kind(
      (value) => typeof value === 'string' && /^(unit|tenant|(input|output)(\.[^.]+)+)$/.test(value),
      "'unit', 'tenant', 'input.<field>' or 'output.<field>'",
    ),
    1,
  ),
  now: callback,
};

function inOrder({ keys }: PseudonymsOptions): readonly Relation[] {
  const times = keys.map(({ from = -Infinity }) => Number(from));
  return keys.flatMap(({ epoch, key }, index): Relation[] => [
    [index === 0 || (times[index] ?? 0) > (times[index - 1] ?? 0), `keys[${index}].from`, 'a time after that of the key before'],
    [keys.findIndex((other) => other.epoch === epoch) === index, `keys[${index}].epoch`, 'a name that no key before it has'],
    // Who matches names of one epoch would match those of the other.
    [
      keys.findIndex((other) => Buffer.from(other.key as string).equals(Buffer.from(key as string))) === index,
      `keys[${index}].key`,
      'a key of its own: the epoch before has the same',
    ],
  ]);
}
