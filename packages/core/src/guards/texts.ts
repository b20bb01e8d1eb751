/** Values that are walked, at most, and how deep: what is larger cannot be checked. */
const MOST_VALUES = 100_000;
const DEEPEST = 100;

/** A text in a value. */
export interface FoundText {
  /** Names of fields, joined by dots, without places in lists; empty where the value is the text. */
  readonly field: string;
  readonly text: string;
}

/**
 * All texts in plain data: objects without a class, and lists. Keys are not texts, and what has a class of its own is not looked into.
 *
 * @param fields prefixes of fields; `undefined`: all
 * @throws RangeError for data that is too large or too deep
 */
export function textsIn(value: unknown, fields: readonly string[] | undefined): readonly FoundText[] {
  const found: FoundText[] = [];
  walk(value, fields, (text, field) => {
    found.push({ field, text });
    return text;
  });
  return found;
}

/**
 * The same data with other texts, in the order of `textsIn`. What holds none of the changed ones is the same object; the others are copies:
 * nothing of the caller's is changed.
 */
export function withTexts(value: unknown, fields: readonly string[] | undefined, texts: readonly string[]): unknown {
  let index = 0;
  return walk(value, fields, (text) => texts[index++] ?? text);
}

type Visit = (text: string, field: string) => string;

function walk(whole: unknown, fields: readonly string[] | undefined, visit: Visit): unknown {
  if (typeof whole === 'string') return visit(whole, '');
  let left = MOST_VALUES;

  const inside = (value: unknown, field: string, depth: number): unknown => {
    if (--left < 0) throw new RangeError(`Data of more than ${MOST_VALUES} values cannot be checked.`);
    if (typeof value === 'string') return isNamed(field, fields) ? visit(value, field) : value;
    if (typeof value !== 'object' || value === null) return value;
    const isList = Array.isArray(value);
    if (!isList && !isPlain(value)) return value;
    if (depth > DEEPEST) throw new RangeError(`Data that is deeper than ${DEEPEST} levels cannot be checked.`);
    let copy: object | undefined;
    for (const [key, item] of Object.entries(value)) {
      const at = isList ? field : field === '' ? key : `${field}.${key}`;
      const made = inside(item, at, depth + 1);
      if (made === item) continue;
      copy ??= isList ? [...value] : copyOf(value);
      // A field may be named `__proto__`.
      Object.defineProperty(copy, key, { value: made, writable: true, enumerable: true, configurable: true });
    }
    return copy ?? value;
  };
  return inside(whole, '', 0);
}

/** Whether prefixes of fields name a field; `undefined`: they name all. */
export const isNamed = (field: string, fields: readonly string[] | undefined): boolean =>
  fields === undefined || fields.some((name) => field === name || field.startsWith(`${name}.`));

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

const copyOf = (value: object): object =>
  Object.getPrototypeOf(value) === null ? Object.assign(Object.create(null) as object, value) : { ...value };
