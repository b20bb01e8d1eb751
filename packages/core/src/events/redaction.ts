import { Problems } from '../errors/index.ts';

/** The allowed part of an input or an output. */
export type Content = Readonly<Record<string, unknown>>;

/** Copies the allowed fields of a decision, when its event is made: the caller may change the input later. */
export interface Redaction {
  readonly paths: readonly string[];
  input(value: unknown): Content | undefined;
  output(value: unknown): Content | undefined;
}

/**
 * An allow-list of content for events: `allow(['input.amount', 'output.score'])`. Nothing else of an input or an output ever
 * reaches a listener or a sink. A path names a field; an object or an array at its end is copied whole.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a path that does not start with `input.` or `output.`
 */
export function allow(paths: readonly string[]): Redaction {
  const problems = new Problems();
  paths.forEach((path, index) => problems.expect(/^(input|output)(\.[^.]+)+$/.test(path), `redact[${index}]`, `expected 'input.<field>' or 'output.<field>', got ${JSON.stringify(path)}`));
  problems.throwIfAny('CONFIGURATION_INVALID', 'The allow-list');
  const of = (side: string): readonly (readonly string[])[] => paths.filter((path) => path.startsWith(`${side}.`)).map((path) => path.split('.').slice(1));
  const inputs = of('input');
  const outputs = of('output');
  return { paths: [...paths], input: (value) => copyAllowed(value, inputs), output: (value) => copyAllowed(value, outputs) };
}

/** The default: no content at all. */
export const NO_CONTENT: Redaction = { paths: [], input: () => undefined, output: () => undefined };

function copyAllowed(value: unknown, paths: readonly (readonly string[])[]): Content | undefined {
  if (paths.length === 0) return undefined;
  const copy: Record<string, unknown> = {};
  for (const path of paths) {
    const found = readPath(value, path);
    if (found !== undefined) copy[path.join('.')] = typeof found === 'object' && found !== null ? cloneData(found) : found;
  }
  return copy;
}

function readPath(value: unknown, path: readonly string[]): unknown {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return typeof at === 'function' || typeof at === 'symbol' ? undefined : at;
}

/** What cannot be copied as data (a proxy, an object with functions) is named by its type rather than dropped silently. */
function cloneData(value: object): unknown {
  try {
    return structuredClone(value);
  } catch {
    return `[${Object.prototype.toString.call(value).slice(8, -1)}: not plain data]`;
  }
}
