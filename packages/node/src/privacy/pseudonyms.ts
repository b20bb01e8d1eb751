import { createHmac } from 'node:crypto';
import type { Pseudonyms } from '@understudy/core';
import { callback, kind, list, options as optionsOf, readOptions, type Relation, required } from '@understudy/core/authoring';

/** A secret key, and the epoch in which it makes pseudonyms. */
export interface PseudonymKey {
  /** Its name, which every pseudonym begins with: 1–32 letters, digits, `-` and `_`, such as `2026-h2`. */
  readonly epoch: string;
  /** 16 bytes at least, the same in every process: 32 random bytes from your secret store. */
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
    `${epoch}.${createHmac('sha256', key).update(text).digest('base64url').slice(0, CHARACTERS)}`;
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
        if (remembered.size >= REMEMBERED) remembered.clear();
        remembered.set(text, name);
      }
      return name ?? '';
    },
    all: (text) => epochs.map((epoch) => named(epoch, text)),
  };
}

const isKey = (value: unknown): boolean =>
  typeof value === 'string'
    ? Buffer.byteLength(value) >= LEAST_KEY_BYTES
    : value instanceof Uint8Array && value.length >= LEAST_KEY_BYTES;
const isTime = (value: unknown): boolean =>
  value instanceof Date ? !Number.isNaN(value.getTime()) : typeof value === 'number' && Number.isFinite(value);

const KINDS = {
  keys: required(
    list(
      optionsOf<PseudonymKey>({
        epoch: required(kind((value) => typeof value === 'string' && /^[\w-]{1,32}$/.test(value), "a name such as '2026-h2'")),
        key: required(kind(isKey, `a text or bytes, ${LEAST_KEY_BYTES} bytes at least: 32 random bytes from your secret store`)),
        from: kind(isTime, 'a Date, or milliseconds since the Unix epoch'),
      }),
      1,
    ),
  ),
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
  return keys.flatMap(({ epoch }, index): Relation[] => [
    [index === 0 || (times[index] ?? 0) > (times[index - 1] ?? 0), `keys[${index}].from`, 'a time after that of the key before'],
    [keys.findIndex((other) => other.epoch === epoch) === index, `keys[${index}].epoch`, 'a name that no key before it has'],
  ]);
}
