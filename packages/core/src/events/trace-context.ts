import { type Kind, kind, readProperty } from '../errors/index.ts';
import type { TraceContext } from '../types/index.ts';

/** Headers of a request: those of `fetch`, or a plain object as Node's `request.headers` is. */
export type TraceHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A trace as events tell it. */
export interface EventTrace {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** The caller's span: 16 lower-case hexadecimal digits. */
  readonly spanId: string;
  /** Whether the caller records this trace. */
  readonly sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_ID = /^0+$/;
/** Flags of level 2: sampled, and a trace id that is random. Others must not be passed on. */
const KNOWN_FLAGS = 0x03;

const KEY = /^(?:[a-z0-9][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z0-9][a-z0-9_\-*/]{0,13})$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MOST_MEMBERS = 32;
/** Who passes `tracestate` on must keep so many characters of it, and may cut what is longer. */
const KEPT_CHARACTERS = 512;
/** Members longer than this are cut first. */
const LONG_MEMBER = 128;

/**
 * The trace that a request belongs to, by its headers `traceparent` and `tracestate`: `model.predict(input, { trace: traceContextOf(request.headers) })`.
 * Strict, as W3C Trace Context levels 1 and 2 want it: a malformed `traceparent` is none, a malformed `tracestate` is left out. A later version is
 * read as far as this one goes. It never throws.
 *
 * @returns `undefined` where there is no trace
 */
export function traceContextOf(headers: TraceHeaders | null | undefined): TraceContext | undefined {
  try {
    const traceparent = plainParent(headerOf(headers, 'traceparent'));
    if (traceparent === undefined) return undefined;
    const tracestate = plainState(headerOf(headers, 'tracestate'));
    return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
  } catch {
    // Headers of somebody else's may be a proxy that throws: a trace is worth no failed request.
    return undefined;
  }
}

/** What a call takes as its trace: well formed, of the version that this release sends. */
export const traceKind: Kind = kind((value) => {
  if (typeof value !== 'object' || value === null) return false;
  const [traceparent, tracestate] = [readProperty(value, 'traceparent'), readProperty(value, 'tracestate')];
  if (typeof traceparent !== 'string' || plainParent(traceparent) !== traceparent) return false;
  return tracestate === undefined || (typeof tracestate === 'string' && membersOf(tracestate) !== undefined);
}, '{ traceparent, tracestate } of W3C Trace Context, such as traceContextOf(request.headers)');

/** The ids of a trace that has been checked. */
export function eventTraceOf({ traceparent }: TraceContext): EventTrace {
  return {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    sampled: (Number.parseInt(traceparent.slice(53), 16) & 1) === 1,
  };
}

/** The only value of a header; `undefined` where there is none. Several `traceparent` are malformed, several `tracestate` are one list. */
function headerOf(headers: TraceHeaders | null | undefined, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const given = Object.entries(headers).filter(([key]) => key.toLowerCase() === name);
  const values = given.flatMap(([, value]: readonly [string, unknown]) => (value === undefined ? [] : value));
  return values.length > 0 && values.every((value) => typeof value === 'string') ? values.join(',') : undefined;
}

/** A `traceparent` as this version writes it. */
function plainParent(given: string | undefined): string | undefined {
  const [, version = 'ff', traceId = '', parentId = '', flags = '', rest] = TRACEPARENT.exec(trimmed(given)) ?? [];
  if (version === 'ff' || (version === '00' && rest !== undefined) || NO_ID.test(traceId) || NO_ID.test(parentId))
    return undefined;
  const known = Number.parseInt(flags, 16) & KNOWN_FLAGS;
  return `00-${traceId}-${parentId}-0${known}`;
}

/** A `tracestate` as it is passed on. */
function plainState(given: string | undefined): string | undefined {
  const members = given === undefined ? undefined : membersOf(given);
  if (members === undefined || members.length === 0) return undefined;
  const kept = [...members];
  const isLong = (): boolean => kept.join(',').length > KEPT_CHARACTERS;
  for (let index = kept.length - 1; index >= 0 && isLong(); index--)
    if ((kept[index]?.length ?? 0) > LONG_MEMBER) kept.splice(index, 1);
  while (isLong()) kept.pop();
  return kept.length === 0 ? undefined : kept.join(',');
}

/** The members of a list, without empty ones; `undefined` where one of them is malformed, or a key comes twice. */
function membersOf(tracestate: string): readonly string[] | undefined {
  const members = tracestate
    .split(',')
    .map(trimmed)
    .filter((member) => member !== '');
  const keys = new Set<string>();
  for (const member of members) {
    const at = member.indexOf('=');
    const key = member.slice(0, Math.max(0, at));
    if (!KEY.test(key) || keys.has(key) || !VALUE.test(member.slice(at + 1))) return undefined;
    keys.add(key);
  }
  return members.length > MOST_MEMBERS ? undefined : members;
}

/** Without the white space that HTTP allows around a value: spaces and tabs alone. */
const trimmed = (text: string | undefined): string => (text ?? '').replace(/^[ \t]+|[ \t]+$/g, '');
