import { errorText, joined, problemsError, UnderstudyError } from '../errors/index.ts';

/** What `JSON.stringify` would turn into something else without a word. */
function problemOf(value: unknown, original: unknown): string | undefined {
  if (original instanceof Date && Number.isNaN(original.getTime())) return 'a date that is valid';
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? undefined : `a finite number, got ${value}`;
    case 'bigint':
      return 'a number or a text: JSON has no bigint';
    case 'function':
    case 'symbol':
      return `plain data, got a ${typeof value}`;
    case 'object':
      return value === null ? undefined : exoticName(value);
    default:
      return undefined;
  }
}

/** Data that has no enumerable properties, so that JSON would say `{}`. */
function exoticName(value: object): string | undefined {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (tag === 'Number' && !Number.isFinite(Number(value))) return `a finite number, got ${Number(value)}`;
  if (tag === 'Object' && isHidden(value)) return 'plain data, got an object of a class that shows no fields';
  const isPlain = ['Object', 'Array', 'Date', 'Boolean', 'Number', 'String', 'Arguments'].includes(tag) || isNumbers(value);
  const isStream = Symbol.asyncIterator in value;
  return isPlain && !isStream ? undefined : `plain data, got a ${isStream ? 'stream' : tag}`;
}

/** Whether its fields are private, or getters of its class: JSON would see none. */
function isHidden(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && prototype !== Object.prototype && Object.keys(value).length === 0;
}

const isNumbers = (value: object): value is object & ArrayLike<unknown> =>
  ArrayBuffer.isView(value) && !(value instanceof DataView);

/**
 * The JSON of a request. Typed arrays go as arrays.
 *
 * @throws UnderstudyError `INPUT_INVALID` with the path of what JSON cannot carry: NaN, an invalid date, a Map, a cycle, … Nothing
 * is changed silently.
 */
export function jsonBody(value: unknown): string {
  const paths = new WeakMap<object, string>();
  const refuse = (path: string, expected: string): never => {
    throw problemsError('INPUT_INVALID', 'The body of the request', [{ path, message: `expected ${expected}` }]);
  };
  function visit(this: unknown, key: string, shown: unknown): unknown {
    const holder = this as Readonly<Record<string, unknown>>;
    const parent = paths.get(holder);
    // The first holder is JSON's own: { '': value }.
    const path = parent === undefined ? '' : Array.isArray(holder) ? `${parent}[${key}]` : joined(parent, key);
    const problem = problemOf(shown, holder[key]);
    if (problem !== undefined) return refuse(path, problem);
    if (shown === undefined && Array.isArray(holder)) return refuse(path, 'a value: JSON would make null of undefined');
    if (typeof shown !== 'object' || shown === null) return shown;
    const data = isNumbers(shown) ? Array.from(shown) : shown;
    paths.set(data, path);
    return data;
  }
  try {
    return JSON.stringify(value, visit) ?? refuse('', 'something to send, got undefined');
  } catch (error) {
    if (UnderstudyError.is(error)) throw error;
    // A cycle, data that is too deep, or a toJSON of the user's that throws.
    return refuse('', `data that JSON can carry: ${errorText(error, 200)}`);
  }
}
