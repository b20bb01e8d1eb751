import { createPrivateKey, createPublicKey, hash, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { UnderstudyError } from '@understudy/core';

/** The signature type of Ed25519 in signed notes of C2SP. */
const ED25519 = 1;
/** What RFC 8410 puts before the 32 bytes of a key. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const PRIVATE = 'PRIVATE+KEY+';

/** A pair of keys of a ledger, as texts. */
export interface LedgerKey {
  /** Signs checkpoints: keep it secret. `PRIVATE+KEY+<name>+<id>+<key>`. */
  readonly privateKey: string;
  /** Verifies them: publish it. `<name>+<id>+<key>`, as C2SP's signed-note defines it. */
  readonly verifierKey: string;
}

/** A key that verifies notes. */
export interface Verifier {
  readonly name: string;
  /** The first 4 bytes of SHA-256(name ‖ '\n' ‖ 0x01 ‖ public key), in hex. */
  readonly id: string;
  readonly verifierKey: string;
  verify(text: string, signature: Uint8Array): boolean;
}

/** A key that signs notes. */
export interface Signer extends Verifier {
  sign(text: string): Buffer;
}

/** A name that signed notes allow: not empty, no space, no plus, no control character. */
// oxlint-disable-next-line no-control-regex
const isKeyName = (name: string): boolean => /^[^\s+\u0000-\u001F\u007F]+$/u.test(name) && name.isWellFormed();

/**
 * Makes an Ed25519 key for a ledger.
 *
 * @param name the origin of the ledger, best an address without its scheme: `example.com/claims/eu-1`. No spaces, no plus
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a name that cannot stand in a signed note
 */
export function generateLedgerKey(name: string): LedgerKey {
  const given: unknown = name;
  if (typeof given !== 'string' || !isKeyName(given))
    throw keyError('generateLedgerKey.name', 'expected a name without spaces and plus signs, such as example.com/claims');
  const seed = randomBytes(32);
  const { id, verifierKey } = signerOf(given, seed);
  return { privateKey: `${PRIVATE}${given}+${id}+${encoded(seed)}`, verifierKey };
}

/** @throws UnderstudyError `CONFIGURATION_INVALID`; the key is not repeated */
export function parseSigner(path: string, text: unknown): Signer {
  const problem = 'expected a private key as generateLedgerKey() makes it: PRIVATE+KEY+<name>+<id>+<key>';
  const parts = typeof text === 'string' && text.startsWith(PRIVATE) ? partsOf(text.slice(PRIVATE.length)) : undefined;
  if (parts === undefined) throw keyError(path, problem);
  const signer = signerOf(parts.name, parts.key);
  if (signer.id !== parts.id) throw keyError(path, `${problem}, its id does not fit its key`);
  return signer;
}

/** @throws UnderstudyError `CONFIGURATION_INVALID` */
export function parseVerifier(path: string, text: unknown): Verifier {
  const parts = typeof text === 'string' ? partsOf(text) : undefined;
  if (parts === undefined) throw keyError(path, 'expected a verifier key for Ed25519: <name>+<id>+<key>');
  const verifier = verifierOf(parts.name, parts.key);
  if (verifier.id !== parts.id) throw keyError(path, 'expected a verifier key whose id fits its key');
  return verifier;
}

function partsOf(text: string): { readonly name: string; readonly id: string; readonly key: Buffer } | undefined {
  const [, name = '', id = '', base64 = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const data = Buffer.from(base64, 'base64');
  const isKey = isKeyName(name) && data.length === 33 && data[0] === ED25519 && data.toString('base64') === base64;
  return isKey ? { name, id, key: data.subarray(1) } : undefined;
}

function signerOf(name: string, seed: Buffer): Signer {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const verifier = verifierOf(name, createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length));
  return { ...verifier, sign: (text) => sign(undefined, Buffer.from(text), key) };
}

function verifierOf(name: string, publicKey: Buffer): Verifier {
  const id = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519]), publicKey]), 'hex').slice(0, 8);
  const key: KeyObject = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' });
  return {
    name,
    id,
    verifierKey: `${name}+${id}+${encoded(publicKey)}`,
    verify: (text, signature) => signature.length === 64 && verify(undefined, Buffer.from(text), key, signature),
  };
}

const encoded = (key: Buffer): string => Buffer.concat([Buffer.from([ED25519]), key]).toString('base64');

function keyError(path: string, message: string): UnderstudyError {
  return new UnderstudyError('CONFIGURATION_INVALID', `${path}: ${message}.`, { details: { problems: [{ path, message }] } });
}
