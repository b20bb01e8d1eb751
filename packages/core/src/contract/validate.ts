import { type Problem } from '../errors/index.ts';
import type { Schema } from '../spec/index.ts';
import type { StandardSchemaV1 } from '@standard-schema/spec';

export type Verdict = StandardSchemaV1.Result<unknown>;
/** A schema's check, bound once at definition. Asynchronous schemas answer with a promise. */
export type Validate = (value: unknown) => Verdict | Promise<Verdict>;

export function validator(schema: Schema): Validate {
  const standard = schema['~standard'];
  return (value) => standard.validate(value);
}

/** Whether a value follows Standard Schema v1. Schemas may be functions (arktype). */
export function isSchema(value: unknown): value is Schema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('~standard' in value)) return false;
  const standard = value['~standard'];
  return typeof standard === 'object' && standard !== null && 'validate' in standard && typeof standard.validate === 'function';
}

/** The issues of a schema as problems with dotted paths: `rows[2].amount`. */
export function problemsOf(issues: readonly StandardSchemaV1.Issue[], root = ''): readonly Problem[] {
  return issues.map((issue) => ({ path: joinPath(root, issue.path ?? []), message: issue.message }));
}

function joinPath(root: string, path: readonly (PropertyKey | StandardSchemaV1.PathSegment)[]): string {
  let joined = root;
  for (const segment of path) {
    const key = typeof segment === 'object' ? segment.key : segment;
    if (typeof key === 'number') joined += `[${key}]`;
    else joined += joined === '' ? String(key) : `.${String(key)}`;
  }
  return joined;
}
