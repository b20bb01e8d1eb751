import type { JsonObject } from './canonical-json.ts';

/** Personal fields of an event, sealed under the key of their subject. */
export interface SealedFields {
  /** Pseudonym of the subject: HMAC-SHA-256 by its own key, so that it means nothing once that key is gone. Base64. */
  readonly subject: string;
  /** 12 bytes of nonce, ciphertext and 16 bytes of tag of AES-256-GCM. Base64. */
  readonly data: string;
  /** HMAC-SHA-256 of the fields; its salt is sealed with them. Base64. */
  readonly commitment: string;
}

/** What a record is about. */
export type RecordBody =
  /** A writer has opened the ledger. `key` is the verifier key that signs from now on. */
  | { readonly kind: 'opened'; readonly origin: string; readonly key?: string; readonly repairedBytes?: number }
  | {
      readonly kind: 'event';
      readonly event: JsonObject;
      readonly sealed?: SealedFields;
      /** Personal fields that were left out, since the event names no subject or its subject could not be learnt. */
      readonly withheld?: readonly string[];
    }
  /** An event that cannot be a record, since I-JSON cannot hold it. */
  | { readonly kind: 'refused'; readonly type: string; readonly id: string; readonly field: string; readonly problem: string }
  | { readonly kind: 'key-rotated'; readonly from: string; readonly to: string }
  | { readonly kind: 'erasure-requested'; readonly subject: string; readonly by: string; readonly reason: string }
  | { readonly kind: 'key-destroyed'; readonly subject: string }
  /** The bodies of all records before this one were pruned, or are about to be. */
  | { readonly kind: 'pruned'; readonly before: number; readonly retainMs: number };

/** One line of a segment. */
export type LedgerRecord = RecordBody & {
  readonly v: 1;
  /** The place in the ledger: 0, 1, 2, … */
  readonly seq: number;
  /** When it was appended, in milliseconds since the Unix epoch, by the clock of the writer. */
  readonly at: number;
  /** Leaf hash of the record before, in base64; 32 zero bytes for the first. */
  readonly prev: string;
};

const isText = (value: unknown): boolean => typeof value === 'string';
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSealed = (value: unknown): boolean =>
  isObject(value) && isText(value['subject']) && isText(value['data']) && isText(value['commitment']);

type Body = Readonly<Record<string, unknown>>;

/** Whether what readers rely on is there. */
const BODIES: Readonly<Record<RecordBody['kind'], (body: Body) => boolean>> = {
  opened: ({ origin }) => isText(origin),
  event: ({ event, sealed }) => isObject(event) && (sealed === undefined || isSealed(sealed)),
  refused: ({ type, id }) => isText(type) && isText(id),
  'key-rotated': ({ from, to }) => isText(from) && isText(to),
  'erasure-requested': ({ subject }) => isText(subject),
  'key-destroyed': ({ subject }) => isText(subject),
  pruned: ({ before }) => Number.isSafeInteger(before),
};

/** Whether parsed JSON has the form of a record. What is in it is vouched for by the signatures, not by its form. */
export function isRecord(value: unknown): value is LedgerRecord {
  if (!isObject(value)) return false;
  const { v, seq, at, prev, kind } = value;
  if (v !== 1 || !Number.isSafeInteger(seq) || !Number.isSafeInteger(at) || !isText(prev)) return false;
  return typeof kind === 'string' && Object.hasOwn(BODIES, kind) && BODIES[kind as RecordBody['kind']](value);
}

/** The record of a line; `undefined` for a line that is none. */
export function parseRecord(line: Buffer): LedgerRecord | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
