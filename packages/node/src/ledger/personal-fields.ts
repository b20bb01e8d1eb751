import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { canonicalJson, type Json, type JsonObject } from './canonical-json.ts';
import type { SealedFields } from './record.ts';

/** A personal field: the names that lead to it, and its value. */
export type PersonalField = readonly [names: readonly (string | number)[], value: Json];

/** Parts of an event that are being changed: objects that {@link toIJson} has copied. */
type Mutable = Record<string, Json>;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SALT_BYTES = 32;

/**
 * Takes fields out of a copied event. A path may name a field of an object in a list (each of them), and one that the redaction has
 * flattened (`input['person.name']`).
 *
 * @returns what was taken
 */
export function takeFields(event: JsonObject, paths: readonly string[]): readonly PersonalField[] {
  const taken: PersonalField[] = [];
  for (const path of paths) take(event, path.split('.'), [], taken);
  return taken;
}

function take(
  value: Json | undefined,
  names: readonly string[],
  trail: readonly (string | number)[],
  taken: PersonalField[],
): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) take(item as Json, names, [...trail, index], taken);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const owner = value as Mutable;
  for (let count = names.length; count > 0; count--) {
    const name = names.slice(0, count).join('.');
    // `constructor` is a name like any other.
    const found = Object.hasOwn(owner, name) ? owner[name] : undefined;
    if (found === undefined) continue;
    if (count < names.length) {
      take(found, names.slice(count), [...trail, name], taken);
      continue;
    }
    taken.push([[...trail, name], found]);
    delete owner[name];
  }
}

/** Puts fields back where they were taken from. Parts of the event on the way there are copied. */
export function putFields(event: JsonObject, fields: readonly PersonalField[]): JsonObject {
  return fields.reduce<Json>((whole, [names, value]) => putField(whole, names, value), event) as JsonObject;
}

function putField(owner: Json | undefined, [name, ...rest]: readonly (string | number)[], value: Json): Json {
  if (name === undefined) return value;
  if (Array.isArray(owner))
    return (owner as readonly Json[]).map((item, index) => (index === name ? putField(item, rest, value) : item));
  const members = (typeof owner === 'object' && owner !== null ? owner : {}) as JsonObject;
  return { ...members, [name]: putField(members[name], rest, value) };
}

/** The pseudonym of a subject in a ledger: nobody can make it again without the key. */
export function pseudonymOf(key: Uint8Array, origin: string): string {
  return createHmac('sha256', key).update(`subject\n${origin}`).digest().subarray(0, 16).toString('base64');
}

/** A key of a subject, and the pseudonym that it makes in a ledger. */
export interface SubjectSeal {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly pseudonym: string;
}

/** Seals fields with AES-256-GCM for one place of one ledger. */
export function sealFields(
  fields: readonly PersonalField[],
  { key, pseudonym }: SubjectSeal,
  origin: string,
  seq: number,
): SealedFields {
  const random = randomBytes(SALT_BYTES + NONCE_BYTES);
  const [salt, nonce] = [random.subarray(0, SALT_BYTES), random.subarray(SALT_BYTES)];
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(placeOf(origin, seq));
  const text = canonicalJson({ salt: salt.toString('base64'), fields });
  const data = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
  return { subject: pseudonym, data, commitment: commitmentOf(fields, salt).toString('base64') };
}

/** What was sealed; `sealed-changed` where the key does not open it, `commitment-changed` where it is not what was committed to. */
export function openFields(
  { data, commitment }: SealedFields,
  key: Uint8Array,
  origin: string,
  seq: number,
): readonly PersonalField[] | 'sealed-changed' | 'commitment-changed' {
  let text: string;
  try {
    const bytes = Buffer.from(data, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES)).setAAD(placeOf(origin, seq));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const opened = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
    text = Buffer.concat(opened).toString('utf8');
  } catch {
    return 'sealed-changed';
  }
  // Who has the key made it: it is ours.
  const { salt, fields } = JSON.parse(text) as { readonly salt: string; readonly fields: readonly PersonalField[] };
  const expected = commitmentOf(fields, Buffer.from(salt, 'base64'));
  const given = Buffer.from(commitment, 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected) ? fields : 'commitment-changed';
}

const placeOf = (origin: string, seq: number): Buffer => Buffer.from(`${origin}\n${seq}`);
const commitmentOf = (fields: readonly PersonalField[], salt: Uint8Array): Buffer =>
  createHmac('sha256', salt).update(canonicalJson(fields)).digest();
