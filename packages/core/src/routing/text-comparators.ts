import { unfenced } from '../contract/unfenced.ts';
import { callback, either, flag, kind, type Kinds, list, oneOf, readOptions, text } from '../errors/index.ts';
import type { Comparator } from './comparators.ts';
import { fieldName, textOf, type TextField } from './output-text.ts';

export interface SameTextOptions<O> {
  /** The field of the output that is compared. @defaultValue the output itself, which is a text */
  readonly field?: TextField<O>;
  /**
   * What does not count. `nothing`: every character counts. `space`: spaces at the ends, and how many there are between words. `space-and-case`: case
   * too. Or a function that makes of each text what is compared.
   * @defaultValue 'space'
   */
  readonly normalise?: 'nothing' | 'space' | 'space-and-case' | ((text: string) => string);
}

const SAME_TEXT: Kinds<SameTextOptions<unknown>> = {
  field: fieldName,
  normalise: either(oneOf('nothing', 'space', 'space-and-case'), callback),
};

/** Agreement of two texts by equality, up to what does not count. Characters that look and mean the same are the same (Unicode NFC). */
export function sameText<O>(options: SameTextOptions<NoInfer<O>> = {}): Comparator<O> {
  const { field, normalise } = readOptions('sameText', options as SameTextOptions<unknown>, SAME_TEXT, {
    normalise: 'space' as const,
  });
  const normalised = (value: string): string => {
    if (typeof normalise === 'function') return normalise(value);
    const composed = value.normalize('NFC');
    if (normalise === 'nothing') return composed;
    const spaced = composed.trim().replace(/\s+/g, ' ');
    return normalise === 'space' ? spaced : spaced.toLowerCase();
  };
  return (served, shadow) => ({ agrees: normalised(textOf(served, field)) === normalised(textOf(shadow, field)) });
}

export interface SameJsonOptions<O> {
  /** The field of the output that is compared: a text of JSON, or data. @defaultValue the output itself */
  readonly field?: keyof O;
  /** Names of fields of the JSON that do not count, with all inside of them: `id`, `meta.createdAt`. Lists have no part in a name. @defaultValue none */
  readonly ignore?: readonly string[];
  /** Numbers agree within `absolute`, or within `relative` times the served one's size. @defaultValue equality */
  readonly tolerance?: { readonly absolute?: number; readonly relative?: number };
  /** Whether items of lists must come in the same order. @defaultValue true */
  readonly ordered?: boolean;
}

const notNegative = kind((value) => typeof value === 'number' && value >= 0, 'a number of at least 0');
const SAME_JSON: Kinds<SameJsonOptions<unknown>> = {
  field: fieldName,
  ignore: list(text),
  tolerance: (value) => (typeof value === 'object' && value !== null ? undefined : 'an object with absolute, relative or both'),
  ordered: flag,
};
const TOLERANCE = { absolute: notNegative, relative: notNegative };
/** Items of a list that are matched in any order: their number squared is what that takes. */
const MOST_UNORDERED = 1000;

/**
 * Agreement of two answers in JSON, by what they hold: spaces, the order of names and a fence of Markdown round it do not count. `difference`
 * is how many values differ. A shadow's text that is no JSON does not agree; a served one that is none is not compared.
 */
export function sameJson<O>(options: SameJsonOptions<NoInfer<O>> = {}): Comparator<O> {
  const { field, ignore, tolerance, ordered } = readOptions('sameJson', options as SameJsonOptions<unknown>, SAME_JSON, {
    ignore: [] as readonly string[],
    tolerance: {},
    ordered: true,
  });
  const { absolute, relative } = readOptions('sameJson.tolerance', tolerance, TOLERANCE, { absolute: 0, relative: 0 });
  const rule: Rule = { ignore: new Set(ignore), absolute, relative, ordered };
  const jsonOf = (output: unknown): unknown => {
    const value: unknown = field === undefined ? output : Reflect.get(Object(output) as object, field);
    return typeof value === 'string' ? JSON.parse(unfenced(value)) : value;
  };
  return (served, shadow) => {
    const expected = jsonOf(served);
    let actual: unknown;
    try {
      actual = jsonOf(shadow);
    } catch {
      return { agrees: false };
    }
    const difference = differences(expected, actual, '', rule);
    return { agrees: difference === 0, difference };
  };
}

interface Rule {
  readonly ignore: ReadonlySet<string>;
  readonly absolute: number;
  readonly relative: number;
  readonly ordered: boolean;
}

/** How many values differ. @param at the name of the field */
function differences(a: unknown, b: unknown, at: string, rule: Rule): number {
  if (Array.isArray(a) && Array.isArray(b)) return rule.ordered ? inOrder(a, b, at, rule) : inAnyOrder(a, b, at, rule);
  if (isData(a) && isData(b)) {
    let sum = 0;
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const inside = at === '' ? name : `${at}.${name}`;
      if (!rule.ignore.has(inside)) sum += differences(a[name], b[name], inside, rule);
    }
    return sum;
  }
  if (typeof a === 'number' && typeof b === 'number' && Math.abs(a - b) <= Math.max(rule.absolute, rule.relative * Math.abs(a)))
    return 0;
  return a === b || Object.is(a, b) ? 0 : 1;
}

function inOrder(a: readonly unknown[], b: readonly unknown[], at: string, rule: Rule): number {
  let sum = Math.abs(a.length - b.length);
  for (let index = 0; index < Math.min(a.length, b.length); index++) sum += differences(a[index], b[index], at, rule);
  return sum;
}

/** Each item takes the first that agrees with it. */
function inAnyOrder(a: readonly unknown[], b: readonly unknown[], at: string, rule: Rule): number {
  if (Math.max(a.length, b.length) > MOST_UNORDERED)
    throw new RangeError(`Lists of more than ${MOST_UNORDERED} items can be compared in their order only.`);
  const left = [...b];
  for (const item of a) {
    const place = left.findIndex((other) => differences(item, other, at, rule) === 0);
    if (place >= 0) left.splice(place, 1);
  }
  const matched = b.length - left.length;
  return Math.max(a.length, b.length) - matched;
}

const isData = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
