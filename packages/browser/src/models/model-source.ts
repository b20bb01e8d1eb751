import { type MaybePromise, untilAborted, UnderstudyError } from '@understudy/core/adapters';
import { kind } from '@understudy/core/authoring';
import { sha256 } from './digest.ts';
import { brokenOff, said } from './model-response.ts';

/** What a `modelFile()` is to a predictor. Each answer of `load` is memory of its own. */
export interface ModelLoader {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly load: (options?: { readonly signal?: AbortSignal }) => Promise<ArrayBuffer>;
}

/** A model: its address, its bytes, what gives them at the first call, or a file that the browser keeps. */
export type ModelSource = string | URL | ArrayBuffer | (() => MaybePromise<ArrayBuffer>) | ModelLoader;

/** A model as a worker is given it. */
export interface LoadedModel {
  /** An absolute address: a worker has another base than its page. */
  readonly data: string | ArrayBuffer;
  /** `sha256:` and 64 hexadecimal digits, where it is known. */
  readonly digest: string | undefined;
  /** Memory that nobody else has, and that a worker may be given. */
  readonly transfer: readonly ArrayBuffer[];
}

/** A page cannot ask for an address with a name and a password in it, and every message would repeat them. */
function isAddress(value: unknown): boolean {
  const text = value instanceof URL ? value.href : value;
  if (typeof text !== 'string' || text === '') return false;
  if (!URL.canParse(text, 'https://page.invalid')) return false;
  const { username, password } = new URL(text, 'https://page.invalid');
  return username === '' && password === '';
}
const isFile = (value: unknown): boolean => Object(value) === value && typeof Reflect.get(value as object, 'load') === 'function';

export const address = kind(isAddress, 'an address, without a name and a password in it');
export const modelSource = kind(
  (value) => isAddress(value) || value instanceof ArrayBuffer || typeof value === 'function' || isFile(value),
  'the address of a model, its bytes as an ArrayBuffer, a function that gives them, or a modelFile()',
);

/** The model, as far as the page must have it: an address is the worker's own affair. */
export async function loadModel(source: ModelSource, signal: AbortSignal): Promise<LoadedModel> {
  if (source instanceof ArrayBuffer) return { data: source, digest: undefined, transfer: [] };
  if (typeof source === 'string' || source instanceof URL) return { data: absolute(source), digest: undefined, transfer: [] };
  const isFunction = typeof source === 'function';
  const given: unknown = await untilAborted(signal, Promise.resolve(isFunction ? source() : source.load({ signal })));
  if (given instanceof ArrayBuffer)
    return isFunction
      ? { data: given, digest: undefined, transfer: [] }
      : { data: given, digest: source.digest, transfer: [given] };
  throw new UnderstudyError('PREDICTOR_FAILED', 'What gives the model gave something other than an ArrayBuffer.');
}

/** Bytes and digest of a model: for those who open it more than once. */
export async function loadBytes(source: ModelSource, signal: AbortSignal): Promise<LoadedModel & { readonly data: ArrayBuffer }> {
  const loaded = await loadModel(source, signal);
  const data = typeof loaded.data === 'string' ? await fetched(loaded.data, signal) : loaded.data;
  return { data, digest: loaded.digest ?? `sha256:${await sha256(data)}`, transfer: [] };
}

async function fetched(url: string, signal: AbortSignal): Promise<ArrayBuffer> {
  try {
    const response = await fetch(url, { signal });
    if (response.ok) return await response.arrayBuffer();
    throw new UnderstudyError('PREDICTOR_FAILED', `GET ${said(url)} answered ${response.status}, where a model was expected.`);
  } catch (error) {
    signal.throwIfAborted();
    throw UnderstudyError.is(error) ? error : brokenOff(`GET ${said(url)} failed: ${String(error)}`, error);
  }
}

/** Against the base of this page or worker: a worker that is started has another. A server that renders pages has none, and asks for nothing. */
export function absolute(url: string | URL): string {
  return new Request(url).url;
}
