import { bounded, errorText, isRecord, type Problem, readProperty, SHOWN_PROBLEMS } from '../errors/index.ts';
import type { Schema } from '../types/index.ts';
import { adopted, isPromise } from '../time/index.ts';

/** What a schema says of a value. A schema that throws, or answers something that is no result, has accepted nothing. */
export interface Verdict {
  /** The value that the schema returned: after its defaults, transforms and coercions. */
  readonly value: unknown;
  /** The first problems; `undefined`: the value fits. */
  readonly problems: readonly Problem[] | undefined;
  /** How many more there are. */
  readonly more: number;
  /** Whether the schema itself failed: then that says nothing of the value. */
  readonly fault: boolean;
  /** What it threw. */
  readonly cause: unknown;
}

/** A schema's check, bound once at definition; it never throws or rejects. Asynchronous schemas answer with a promise of the platform's. */
export type Validate = (value: unknown) => Verdict | Promise<Verdict>;

export function validator(schema: Schema): Validate {
  const standard = schema['~standard'];
  return (value) => {
    try {
      const result: unknown = standard.validate(value);
      const later = adopted(result);
      return later === undefined ? verdictOf(result) : later.then(verdictOf, faultOf);
    } catch (error) {
      return faultOf(error);
    }
  };
}

/** The answer of a schema that may be asynchronous, where nobody can wait: `undefined` for a promise. */
export function checkNow(validate: Validate, value: unknown): Verdict | undefined {
  const verdict = validate(value);
  return isPromise(verdict) ? undefined : verdict;
}

function verdictOf(result: unknown): Verdict {
  try {
    if (typeof result !== 'object' || result === null)
      throw new TypeError('It answered something that is no result of a Standard Schema.');
    const { issues, value } = result as { readonly issues?: unknown; readonly value?: unknown };
    if (issues === undefined || issues === null) return { value, problems: undefined, more: 0, fault: false, cause: undefined };
    const problems = problemsOf(issues);
    const total = Array.isArray(issues) ? issues.length : problems.length;
    return { value: undefined, problems, more: Math.max(0, total - problems.length), fault: false, cause: undefined };
  } catch (error) {
    return faultOf(error);
  }
}

function faultOf(cause: unknown): Verdict {
  const problems = [{ path: '', message: `the schema threw: ${errorText(cause, LONGEST)}` }];
  return { value: undefined, problems, more: 0, fault: true, cause };
}

/** Whether a value follows Standard Schema v1. Schemas may be functions (arktype). */
export function isSchema(value: unknown): value is Schema {
  return typeof readProperty(readProperty(value, '~standard'), 'validate') === 'function';
}

/** Keys and messages may hold a whole input. */
const LONGEST = 200;

/** The first issues of a schema as problems with dotted paths: `rows[2].amount`. */
export function problemsOf(issues: unknown, root = ''): readonly Problem[] {
  const list: readonly unknown[] = Array.isArray(issues) ? issues : [issues];
  return list.slice(0, SHOWN_PROBLEMS).map((issue) => {
    const path = readProperty(issue, 'path');
    return { path: joinPath(root, Array.isArray(path) ? path : []), message: errorText(issue, LONGEST) };
  });
}

function joinPath(root: string, path: readonly unknown[]): string {
  let joined = root;
  for (const segment of path) {
    const key: unknown = isRecord(segment) ? readProperty(segment, 'key') : segment;
    if (typeof key === 'number') joined += `[${key}]`;
    else joined += joined === '' ? keyText(key) : `.${keyText(key)}`;
  }
  return bounded(joined, LONGEST);
}

const keyText = (key: unknown): string => (typeof key === 'string' ? key : typeof key === 'symbol' ? String(key) : '?');
