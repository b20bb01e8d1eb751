import { kind, type Kind } from '../errors/index.ts';
import type { Call, MaybePromise } from '../types/index.ts';
import { isAddress } from './connection.ts';

/** A key, or what gets one: a function can read a vault, or fetch a token that expires. */
export type ApiKey = string | ((call: Pick<Call, 'signal'>) => MaybePromise<string>);

/** A header takes visible ASCII. */
export const isKey = (key: unknown): key is string => typeof key === 'string' && /^[\x21-\x7e]+$/.test(key);

/** The kind of an {@link ApiKey}. What was given is not told: it may be most of a key. */
export const API_KEY: Kind = (value) =>
  isKey(value) || typeof value === 'function'
    ? undefined
    : [{ path: '', message: 'expected a key of visible ASCII characters, or a function that answers one' }];

/** The kind of the base of an API. */
export const baseUrl = /* @__NO_SIDE_EFFECTS__ */ (example: string): Kind => kind(isAddress, `an address such as '${example}'`);

/** The address of a path under a base, whose query stays at the end; a base that has the path already is taken as it is. */
export function endpointUrl(base: string | URL, path: string): string {
  const [, before = '', query = ''] = /^([^?#]*)(.*)$/.exec(String(base)) ?? [];
  const start = before.replace(/\/+$/, '');
  return (start.endsWith(path) ? start : start + path) + query;
}
