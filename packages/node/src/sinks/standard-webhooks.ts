import { createHmac } from 'node:crypto';
import type { Kind } from '@understudy/core/authoring';
import { secretKind } from './secret-options.ts';

const MIN_SECRET_BYTES = 24;

/** `whsec_` and base64, or bytes. */
export const signingSecret: Kind = secretKind(
  (value) => keyOf(value).length >= MIN_SECRET_BYTES,
  (value) => `expected whsec_ and base64, or bytes: at least ${MIN_SECRET_BYTES}, got ${keyOf(value).length}`,
);

/** The bytes of a secret; none where it is neither text nor bytes. */
export function keyOf(secret: unknown): Buffer {
  if (secret instanceof Uint8Array) return Buffer.from(secret);
  if (typeof secret !== 'string') return Buffer.alloc(0);
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
}

/**
 * The headers of Standard Webhooks (standardwebhooks.com): HMAC-SHA-256 of `id.timestamp.body`.
 *
 * @param body as it is sent
 * @param wallNow milliseconds since the Unix epoch
 */
export function signatureHeaders(key: Buffer, id: string, body: string | Uint8Array, wallNow: number): Record<string, string> {
  const seconds = Math.floor(wallNow / 1000);
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
}
