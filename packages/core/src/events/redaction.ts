import { callback, checkOptions, kind, type Kinds, list, problemsAt, problemsError, problemsUnder } from '../errors/index.ts';
import { atOnce } from '../time/index.ts';

/** The allowed part of an input or an output. */
export type Content = Readonly<Record<string, unknown>>;

/** Copies the allowed fields of a decision, when its event is made: the caller may change the input later. */
export interface Redaction {
  readonly paths: readonly string[];
  input(value: unknown): Content | undefined;
  output(value: unknown): Content | undefined;
  /** Makes a text one that may leave the process: of content, and of reasons of overrides. Must answer at once. @defaultValue it leaves as it is */
  readonly mask?: (text: string) => string;
}

export interface AllowFieldsOptions {
  /** Applied to each text in allowed fields, to names of members in them, and to reasons of overrides: `maskPii()` of `@understudy/core/guards`. @defaultValue texts leave as they are */
  readonly mask?: (text: string) => string;
}

/**
 * An allow-list of content for events: `allowFields(['input.amount', 'output.score'])`. Nothing else of an input or an output ever
 * reaches a listener or a sink. A path names a field; an object or an array at its end is copied whole, as plain JSON data.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a path that does not start with `input.` or `output.`
 */
export function allowFields(paths: readonly string[], options: AllowFieldsOptions = {}): Redaction {
  const { settings, problems: others } = checkOptions(options, ALLOW_FIELDS, {});
  const problems = [
    ...problemsAt('redact', list(kind(isPath, "'input.<field>' or 'output.<field>'")), paths),
    ...problemsUnder('options', others),
  ];
  if (problems.length > 0) throw problemsError('CONFIGURATION_INVALID', 'The allow-list', problems);
  const of = (side: string): readonly (readonly string[])[] =>
    paths.filter((path) => path.startsWith(`${side}.`)).map((path) => path.split('.').slice(1));
  const inputs = of('input');
  const outputs = of('output');
  return {
    paths: [...paths],
    input: (value) => copyAllowed(value, inputs),
    output: (value) => copyAllowed(value, outputs),
    ...(settings.mask === undefined ? {} : { mask: settings.mask }),
  };
}

const ALLOW_FIELDS: Kinds<AllowFieldsOptions> = { mask: callback };

const isPath = (path: unknown): boolean => typeof path === 'string' && /^(input|output)(\.[^.]+)+$/.test(path);

/** The default: no content at all. */
export const NO_CONTENT: Redaction = { paths: [], input: () => undefined, output: () => undefined };

function copyAllowed(value: unknown, paths: readonly (readonly string[])[]): Content | undefined {
  if (paths.length === 0) return undefined;
  const copy: [string, unknown][] = [];
  for (const path of paths) {
    const found = copyField(value, path);
    if (found !== undefined) copy.push([path.join('.'), found]);
  }
  return Object.fromEntries(copy);
}

/** A getter or a proxy of the caller may throw, and data may be too deep: neither may break the call. */
function copyField(value: unknown, path: readonly string[], change?: Change): unknown {
  try {
    return copyData(readPath(value, path), [], change);
  } catch {
    return UNREADABLE;
  }
}

function readPath(value: unknown, path: readonly string[]): unknown {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

/** A copy that any sink can serialise, and none can change. What is no data is named by its type rather than dropped silently. */
function copyData(value: unknown, within: readonly object[], change: Change = same, path = ''): unknown {
  if (typeof value === 'bigint') return change.leaf(String(value), path);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return change.leaf(value as Leaf, path);
  if (within.includes(value)) return '[circular]';
  const inside = [...within, value];
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    return Object.freeze(Array.from(value as ArrayLike<unknown>, (item) => copyData(item, inside, change, path) ?? null));
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : change.leaf(value.toISOString(), path);
  const type = Object.prototype.toString.call(value).slice(8, -1);
  if (type !== 'Object') return `[${type}: not plain data]`;
  const copy = new Map<string, unknown>();
  for (const [key, item] of Object.entries(value)) {
    // The outermost names are those of allowed fields; the others may be data, such as addresses.
    const name = path === '' && within.length === 0 ? key : change.name(key);
    copy.set(freeName(name, copy), copyData(item, inside, change, path === '' ? key : `${path}.${key}`));
  }
  return Object.freeze(Object.fromEntries(copy));
}

/** A name that no other one has: a mask may make two the same. */
function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name} ${number}`;
  return free;
}

/** What becomes of a value that is no list and no record, at its path: the items of a list have that of the list. */
interface Change {
  readonly leaf: (value: Leaf, path: string) => unknown;
  /** What becomes of the name of a member inside of an allowed field. */
  readonly name: (name: string) => string;
}
type Leaf = string | number | boolean | null | undefined;
const same: Change = { leaf: (value) => value, name: (name) => name };

/**
 * What a runtime does to content, whoever's redaction made it: what that returns is copied to plain data, named fields become pseudonyms, and the
 * mask is applied to all other texts, and to names of members inside of allowed fields. A value that cannot be made one is `[unreadable]`.
 *
 * @param pseudonym what stands for a text; empty where there is none
 */
export function plainRedaction(
  redaction: Redaction,
  names: readonly string[] = [],
  pseudonym = (text: string): string => text,
): Redaction {
  const mask = redaction.mask === undefined ? undefined : guardedMask(redaction.mask);
  const side = (prefix: 'input' | 'output'): ((content: unknown) => Content | undefined) => {
    const named = names.filter((name) => name.startsWith(`${prefix}.`)).map((name) => name.slice(prefix.length + 1));
    const isNamed = (path: string): boolean => named.some((name) => path === name || path.startsWith(`${name}.`));
    const leaf = (value: Leaf, path: string): unknown => {
      if (value === null || value === undefined) return value;
      // Booleans are no names, but nothing under such a field may leave as it is.
      if (isNamed(path)) return pseudonym(String(value)) || UNREADABLE;
      return typeof value === 'string' && mask !== undefined ? mask(value) : value;
    };
    const change: Change = { leaf, name: mask ?? same.name };
    return (content) => {
      if (typeof atOnce(content) !== 'object' || content === null) return undefined;
      const copy = copyField(content, [], change);
      return typeof copy === 'object' && copy !== null && !Array.isArray(copy) ? (copy as Content) : undefined;
    };
  };
  const [input, output] = [side('input'), side('output')];
  return {
    paths: redaction.paths,
    input: (value) => input(redaction.input(value)),
    output: (value) => output(redaction.output(value)),
    ...(mask === undefined ? {} : { mask }),
  };
}

const UNREADABLE = '[unreadable]';

/** A mask that throws, or answers no text at once, lets nothing through. */
function guardedMask(mask: (text: string) => string): (text: string) => string {
  return (text) => {
    try {
      const masked: unknown = atOnce(mask(text));
      return typeof masked === 'string' ? masked : UNREADABLE;
    } catch {
      return UNREADABLE;
    }
  };
}
