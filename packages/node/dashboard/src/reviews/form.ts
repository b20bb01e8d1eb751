import type { ReviewTask } from '@understudy/core/review';

type FieldView = NonNullable<ReviewTask['fields']>[number];

/** A value that is edited by itself. */
export interface Leaf {
  /** Of the texts of a form. */
  readonly key: string;
  /** The way to it; empty for an answer that is one value. */
  readonly keys: readonly string[];
  readonly label: string;
  /** `json`: what no field of its own can show. */
  readonly type: 'string' | 'number' | 'integer' | 'choice' | 'json';
  /** Of a choice. */
  readonly values: readonly (string | number | boolean)[];
  readonly optional: boolean;
  readonly nullable: boolean;
}

/** What a person has typed, by the key of the leaf. */
export type Texts = Readonly<Record<string, string>>;

/** More than these are a text of JSON. */
const [MAX_LEAVES, MAX_DEPTH] = [60, 4];
const FLAGS = [true, false] as const;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of an answer: as the schema of the model tells them, else as the value does. Empty where neither does. */
export function leavesOf(fields: readonly FieldView[] | undefined, value: unknown): readonly Leaf[] {
  const found = fields === undefined ? leavesOfValue(value, [], 0) : leavesOfFields(fields);
  return found.length > MAX_LEAVES ? [] : found;
}

function leafOf(keys: readonly string[], type: Leaf['type'], more: Partial<Leaf> = {}): Leaf {
  const label = keys.join('.') || 'Answer';
  return { key: JSON.stringify(keys), keys, label, type, values: [], optional: false, nullable: false, ...more };
}

function leavesOfFields(fields: readonly FieldView[]): Leaf[] {
  const keysOf = ({ keys, path }: FieldView): readonly string[] => keys ?? path.split('.');
  const isAbove = (parent: FieldView, field: FieldView): boolean => {
    const [above, below] = [keysOf(parent), keysOf(field)];
    return above.length < below.length && above.every((key, index) => key === below[index]);
  };
  return fields
    .filter((field) => field.type !== 'object' || field.open === true || !fields.some((other) => isAbove(field, other)))
    .filter((field) => !fields.some((other) => other.type === 'object' && other.open === true && isAbove(other, field)))
    .map((field) => {
      const { type, values = [], nullable } = field;
      // Inside of what may be missing nothing is needed.
      const isInside = fields.some((other) => (other.optional || other.nullable) && isAbove(other, field));
      const about = { optional: field.optional || isInside, nullable };
      if (type === 'boolean') return leafOf(keysOf(field), 'choice', { values: FLAGS, ...about });
      if (type === 'enum') return leafOf(keysOf(field), 'choice', { values, ...about });
      const isPlain = type === 'string' || type === 'number' || type === 'integer';
      return leafOf(keysOf(field), isPlain ? type : 'json', about);
    });
}

function leavesOfValue(value: unknown, keys: readonly string[], depth: number): Leaf[] {
  if (isObject(value) && depth < MAX_DEPTH && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, inner]) => leavesOfValue(inner, [...keys, key], depth + 1));
  if (value === undefined) return [];
  if (typeof value === 'boolean') return [leafOf(keys, 'choice', { values: FLAGS })];
  if (typeof value === 'string') return [leafOf(keys, 'string')];
  return [leafOf(keys, typeof value === 'number' ? 'number' : 'json')];
}

const at = (value: unknown, keys: readonly string[]): unknown =>
  keys.reduce<unknown>((inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value);

function textOf({ type, keys, nullable }: Leaf, base: unknown): string {
  const value = at(base, keys);
  if (value === undefined || (value === null && nullable)) return '';
  if (type === 'choice') return JSON.stringify(value);
  return type !== 'json' && typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** What stands in the fields of a value before anybody types. */
export const textsOf = (leaves: readonly Leaf[], base: unknown): Texts =>
  Object.fromEntries(leaves.map((leaf) => [leaf.key, textOf(leaf, base)]));

const NEEDED = 'It needs a value.';

/** What a text stands for; `left`: it is left out. */
function read(leaf: Leaf, text: string): { readonly value?: unknown; readonly left?: true; readonly problem?: string } {
  const { type, optional, nullable } = leaf;
  if (text.trim() === '' && !(type === 'string' && !optional && !nullable)) {
    if (nullable) return { value: null };
    return optional ? { left: true } : { problem: NEEDED };
  }
  if (type === 'string') return { value: text };
  if (type === 'number' || type === 'integer') {
    const value = Number(text.trim().replace('−', '-'));
    if (!Number.isFinite(value)) return { problem: 'It must be a number, such as 0.5.' };
    return type === 'integer' && !Number.isInteger(value) ? { problem: 'It must be a whole number.' } : { value };
  }
  return parsed(text);
}

/** @returns the value, or why it is no JSON */
export function parsed(text: string): { readonly value?: unknown; readonly problem?: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: `It is no JSON: ${error instanceof Error ? error.message : 'it cannot be read'}.` };
  }
}

/** A copy with another value at the end of the way: own keys alone, whatever they are called. */
function withValue(base: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const object = isObject(base) ? base : {};
  const inner = Object.hasOwn(object, key) ? object[key] : undefined;
  return { ...object, [key]: withValue(inner, rest, value) };
}

function without(base: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined || !isObject(base) || !Object.hasOwn(base, key)) return base;
  if (rest.length > 0) return { ...base, [key]: without(base[key], rest) };
  return Object.fromEntries(Object.entries(base).filter(([name]) => name !== key));
}

/** The value that the fields stand for, and by key what is wrong. What nobody has touched stays as it is. */
export function assembled(
  leaves: readonly Leaf[],
  base: unknown,
  texts: Texts,
): { readonly value: unknown; readonly problems: Texts } {
  const problems: Record<string, string> = {};
  let value = base;
  for (const leaf of leaves) {
    const text = texts[leaf.key] ?? '';
    if (text === textOf(leaf, base)) {
      if (at(base, leaf.keys) === undefined && !leaf.optional) problems[leaf.key] = NEEDED;
      continue;
    }
    const told = read(leaf, text);
    if (told.problem !== undefined) problems[leaf.key] = told.problem;
    else value = told.left === true ? without(value, leaf.keys) : withValue(value, leaf.keys, told.value);
  }
  return { value, problems };
}
