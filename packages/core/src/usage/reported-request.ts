import type { ModelRequest } from '../types/index.ts';
import { readProperty as read } from '../errors/index.ts';

/** Names of models, providers and hosts are short; a longer one is something else. */
const LONGEST_NAME = 200;

/** What is sound of a request that was reported; `undefined`: nothing that could be told. */
export function requestOf(given: unknown): ModelRequest | undefined {
  const [operation, provider, model] = [
    name(read(given, 'operation')),
    name(read(given, 'provider')),
    name(read(given, 'model')),
  ];
  if (operation === undefined || provider === undefined || model === undefined) return undefined;
  const [host, port] = [name(read(given, 'host')), read(given, 'port')];
  const isPort = typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536;
  return { operation, provider, model, ...(host === undefined ? {} : { host }), ...(isPort ? { port } : {}) };
}

/** A name that a report may hold. */
export const name = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME ? value : undefined;
