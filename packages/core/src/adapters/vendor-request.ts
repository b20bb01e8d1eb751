import { problemsError, type UnderstudyError } from '../errors/index.ts';
import { systemClock } from '../time/index.ts';
import type { Call, ModelRequest } from '../types/index.ts';
import type { Connection, Exchange } from './connection.ts';
import { endpointLimits } from './rate-headers.ts';
import { untilAborted } from './until-aborted.ts';
import { type ApiKey, isKey } from './vendor-options.ts';

/** How a vendor of models is asked. */
export interface VendorEndpoint {
  readonly url: string;
  /** What is told of each request. */
  readonly request: ModelRequest;
  readonly apiKey: ApiKey | undefined;
  /** What carries the key. */
  readonly keyHeader: (key: string) => Readonly<Record<string, string>>;
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** `authorization: Bearer …` */
export const bearer = (key: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${key}` });

/** A request of JSON with the key of the vendor, which reports the limits that any answer to it tells. */
export async function vendorRequest(
  endpoint: VendorEndpoint,
  body: string,
  accept: string,
  clock: Connection['clock'],
  call: Pick<Call, 'signal' | 'report'>,
): Promise<Exchange> {
  const { url, apiKey, keyHeader, headers, request } = endpoint;
  call.report({ request });
  return {
    method: 'POST',
    url,
    body,
    contentType: 'application/json',
    accept,
    headers: { ...headers, ...(apiKey === undefined ? {} : keyHeader(await keyFrom(apiKey, call.signal))) },
    seen: (response) => {
      const limits = endpointLimits(response.headers, (clock ?? systemClock).wall());
      if (limits !== undefined) call.report({ limits });
    },
  };
}

async function keyFrom(apiKey: ApiKey, signal: AbortSignal): Promise<string> {
  const key = typeof apiKey === 'function' ? await untilAborted(signal, (async () => apiKey({ signal }))()) : apiKey;
  if (isKey(key)) return key;
  throw badAnswer('apiKey', 'a key of visible ASCII characters');
}

/** A function among the options that answers something else is a mistake in the program. Its answer may be content, and is not told. */
export function badAnswer(path: string, expected: string): UnderstudyError {
  return problemsError('CONFIGURATION_INVALID', 'The adapter', [
    { path, message: `expected the function to answer ${expected}` },
  ]);
}
