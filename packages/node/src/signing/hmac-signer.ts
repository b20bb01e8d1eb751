import { createHmac } from 'node:crypto';
import { type IdSigner, UnderstudyError } from '@understudy/core';

/** Bytes of a seal in a decision's id. */
const SEAL_BYTES = 7;

/**
 * Seals decision ids with HMAC-SHA-256 (RFC 2104), cut to 56 bits: only who holds the key can make an id that counts. Give it
 * to `createUnderstudy({ signer })`.
 *
 * @param key at least 16 bytes, the same in every process that predicts or records outcomes
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a shorter key
 */
export function hmacSigner(key: Uint8Array | string): IdSigner {
  const given: unknown = key;
  const bytes = typeof given === 'string' ? Buffer.byteLength(given) : given instanceof Uint8Array ? given.length : 0;
  if (bytes < 16) {
    throw new UnderstudyError(
      'CONFIGURATION_INVALID',
      `hmacSigner() needs a key of at least 16 bytes, got ${bytes}: take 32 random bytes from your secret store.`,
      { details: { problems: [{ path: 'hmacSigner.key', message: `expected at least 16 bytes, got ${bytes}` }] } },
    );
  }
  return { keyed: true, seal: (body) => createHmac('sha256', key).update(body).digest().subarray(0, SEAL_BYTES) };
}
