import canonicalize from 'canonicalize';

/** Data that I-JSON (RFC 7493) can hold. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Deeper data are refused: a reader need not be able to follow them. Cycles end here, too. */
const DEEPEST = 100;

/** A value that I-JSON cannot hold. The message says why, and nothing of the value. */
export class NotIJson extends Error {
  /** Names of the members that lead to it, the outermost first. */
  readonly path: string[] = [];
}

/**
 * A copy of plain data, each member read once. Members that are `undefined` are left out, as JSON does.
 *
 * @param depth of the value in what it is a part of; data are refused below a hundred levels
 * @throws NotIJson for what I-JSON cannot hold without loss: a lone surrogate, a number that is not finite, an integer beyond
 * 2^53 − 1, a bigint, a function, a symbol, `undefined` in a list, an object that is no plain one (Map, Date, typed array), data
 * deeper than 100 levels, and a member that throws when it is read
 */
export function toIJson(value: unknown, depth = 0): Json {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw new NotIJson('a text with a lone surrogate');
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new NotIJson('a number that is not finite');
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new NotIJson('an integer beyond 2^53 - 1');
      return value;
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return null;
      if (depth >= DEEPEST) throw new NotIJson(`data deeper than ${DEEPEST} levels`);
      return Array.isArray(value) ? listOf(value, depth) : objectOf(value, depth);
    default:
      throw new NotIJson(`a value of the type ${typeof value}`);
  }
}

function listOf(list: readonly unknown[], depth: number): Json {
  let index = 0;
  try {
    const copy: Json[] = [];
    // Holes are read as undefined, which is refused.
    for (; index < list.length; index++) copy.push(toIJson(list[index], depth + 1));
    return copy;
  } catch (error) {
    throw under(String(index), error);
  }
}

function objectOf(value: object, depth: number): JsonObject {
  const copy: Record<string, Json> = {};
  let name = '';
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype) throw new NotIJson('an object that is not plain data');
    for (name of Object.keys(value)) {
      if (!name.isWellFormed()) throw new NotIJson('a name with a lone surrogate');
      const member = (value as Readonly<Record<string, unknown>>)[name];
      if (member === undefined) continue;
      const part = toIJson(member, depth + 1);
      // A member like the others.
      if (name === '__proto__') Object.defineProperty(copy, name, { value: part, enumerable: true, configurable: true });
      else copy[name] = part;
    }
    return copy;
  } catch (error) {
    throw name === '' && error instanceof NotIJson ? error : under(name, error);
  }
}

/** A problem of a member, told by who owns it. */
function under(name: string, error: unknown): NotIJson {
  const problem = error instanceof NotIJson ? error : new NotIJson('a value that throws when it is read');
  problem.path.unshift(name);
  return problem;
}

/** RFC 8785 of data that {@link toIJson} has checked: equal data are equal texts. */
export function canonicalJson(value: Json): string {
  const text = canonicalize(value);
  if (text === undefined) throw new NotIJson('nothing');
  return text;
}
