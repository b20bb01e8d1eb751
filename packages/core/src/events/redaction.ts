import { kind, list, problemsAt, problemsError } from '../errors/index.ts';
import { atOnce } from '../time/index.ts';

/** The allowed part of an input or an output. */
export type Content = Readonly<Record<string, unknown>>;

/** Copies the allowed fields of a decision, when its event is made: the caller may change the input later. */
export interface Redaction {
  readonly paths: readonly string[];
  input(value: unknown): Content | undefined;
  output(value: unknown): Content | undefined;
}

/**
 * An allow-list of content for events: `allowFields(['input.amount', 'output.score'])`. Nothing else of an input or an output ever
 * reaches a listener or a sink. A path names a field; an object or an array at its end is copied whole, as plain JSON data.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a path that does not start with `input.` or `output.`
 */
export function allowFields(paths: readonly string[]): Redaction {
  const problems = problemsAt('redact', list(kind(isPath, "'input.<field>' or 'output.<field>'")), paths);
  if (problems.length > 0) throw problemsError('CONFIGURATION_INVALID', 'The allow-list', problems);
  const of = (side: string): readonly (readonly string[])[] =>
    paths.filter((path) => path.startsWith(`${side}.`)).map((path) => path.split('.').slice(1));
  const inputs = of('input');
  const outputs = of('output');
  return { paths: [...paths], input: (value) => copyAllowed(value, inputs), output: (value) => copyAllowed(value, outputs) };
}

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
function copyField(value: unknown, path: readonly string[]): unknown {
  try {
    return copyData(readPath(value, path), []);
  } catch {
    return '[unreadable]';
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

/** A copy that any sink can serialise. What is no data is named by its type rather than dropped silently. */
function copyData(value: unknown, within: readonly object[]): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (within.includes(value)) return '[circular]';
  const inside = [...within, value];
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    return Array.from(value as ArrayLike<unknown>, (item) => copyData(item, inside) ?? null);
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  const type = Object.prototype.toString.call(value).slice(8, -1);
  if (type !== 'Object') return `[${type}: not plain data]`;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyData(item, inside)]));
}

/** The same, where it is a user's own: what it returns is copied to plain data, whatever it is. */
export function plainRedaction(redaction: Redaction): Redaction {
  const plain = (content: unknown): Content | undefined => {
    if (typeof atOnce(content) !== 'object' || content === null) return undefined;
    const copy = copyField(content, []);
    return typeof copy === 'object' && copy !== null && !Array.isArray(copy) ? (copy as Content) : undefined;
  };
  return {
    paths: redaction.paths,
    input: (value) => plain(redaction.input(value)),
    output: (value) => plain(redaction.output(value)),
  };
}
