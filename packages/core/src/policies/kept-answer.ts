import { isRecord, told } from '../errors/index.ts';
import { bytesOf, isJson } from './plain-value.ts';

/** An answer that is kept. Each who gets it has a copy of his own. */
export interface KeptAnswer {
  /** As JSON; `undefined` where JSON does not carry it. */
  readonly json: string | undefined;
  /** About how much memory it takes. */
  readonly bytes: number;
  copy(): unknown;
}

/** @returns `undefined` for an answer of which there is no true copy: functions, objects of a class */
export function keptAnswer(output: unknown): KeptAnswer | undefined {
  try {
    if (isJson(output)) return keptJson(JSON.stringify(output));
    const bytes = bytesOf(output);
    if (bytes === undefined) return undefined;
    const own: unknown = structuredClone(output);
    return { json: undefined, bytes, copy: () => structuredClone(own) };
  } catch {
    // Getters that throw, and what cannot be cloned.
    return undefined;
  }
}

function keptJson(json: string): KeptAnswer {
  return { json, bytes: 2 * json.length, copy: () => JSON.parse(json) as unknown };
}

/** The format of documents in a store. */
const FORMAT = 1;

/** What a store is given. @param at when it was answered, in milliseconds since the Unix epoch */
export const toDocument = (json: string, at: number): string => `{"v":${FORMAT},"at":${at},"output":${json}}`;

/** @throws TypeError for what is no such document */
export function fromDocument(text: unknown): { readonly at: number; readonly output: unknown } {
  if (typeof text !== 'string') throw new TypeError(`The store answered ${told(text)} for a document of the cache.`);
  const document = parsed(text);
  const { v, at, output } = isRecord(document) ? document : {};
  if (v !== FORMAT || typeof at !== 'number' || !Number.isFinite(at) || output === undefined)
    throw new TypeError('The store answered a text that is no document of the cache.');
  return { at, output };
}

/** `undefined` for what is no JSON: the platform's own error would quote it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
