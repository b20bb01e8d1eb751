import canonicalize from 'canonicalize';
import { isJson } from './plain-value.ts';

/** Whose answer it is. */
export interface AnswerScope {
  readonly model: string;
  readonly variant: string;
  readonly version: string;
}

/**
 * What equal calls of a variant have in common: the canonical JSON (RFC 8785) of its names, the tenant and the input. `undefined` for an input
 * that JSON does not carry: two that differ could look the same.
 */
export function answerKey(
  { model, variant, version }: AnswerScope,
  tenant: string | undefined,
  input: unknown,
): string | undefined {
  try {
    return isJson(input, true) ? canonicalize([model, variant, version, tenant ?? null, input]) : undefined;
  } catch {
    // An input whose getters throw has no form at all.
    return undefined;
  }
}

/** What stands for a key in a store: 64 hexadecimal digits, so that nothing of an input is in it. */
export async function storeKey(key: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key)));
  return `understudy/answer/${Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
