import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { UnderstudyError } from '../errors/index.ts';
import type { IdSigner } from './decision-id.ts';

/**
 * Seals decision ids with HMAC-SHA-256 (RFC 2104), cut to 56 bits: only who holds the key can make an id that counts.
 *
 * @param key at least 16 bytes, the same in every process that predicts or records outcomes
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a shorter key
 */
export function hmacSigner(key: Uint8Array | string): IdSigner {
  const bytes = typeof key === 'string' ? new TextEncoder().encode(key) : key;
  if (bytes.length < 16) throw new UnderstudyError('CONFIGURATION_INVALID', `hmacSigner() needs a key of at least 16 bytes, got ${bytes.length}: take 32 random bytes from your secret store.`);
  const keyed = hmac.create(sha256, bytes);
  return { keyed: true, seal: (body) => keyed.clone().update(body).digest().subarray(0, 7) };
}
