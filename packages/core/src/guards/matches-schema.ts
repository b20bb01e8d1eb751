import { isSchema, validator } from '../contract/validate.ts';
import { flag, type Kinds, problemsAt, kind } from '../errors/index.ts';
import type { Schema } from '../types/index.ts';
import { isPromise } from '../time/index.ts';
import type { GuardOptions, ModelGuard } from './guard.ts';
import { guardOf, WHOLE_ACTIONS } from './guard-base.ts';

export interface MatchesSchemaOptions extends GuardOptions {
  /** Whether the texts are JSON that must match, rather than the value as a whole. `fields` name which texts. @defaultValue false */
  readonly json?: boolean;
  /** @defaultValue 'block' */
  readonly action?: 'block' | 'fall-back';
}

const MATCHES: Kinds<Omit<MatchesSchemaOptions, keyof GuardOptions>> = { json: flag, action: WHOLE_ACTIONS };
const SCHEMA = kind(isSchema, 'a Standard Schema, such as one of zod 4, valibot or arktype');

/**
 * Stops what a schema does not accept, beyond what the contract says: the value, or texts that are JSON. What the schema makes of the value is
 * not used. A schema may be asynchronous.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function matchesSchema(schema: Schema, options: MatchesSchemaOptions = {}): ModelGuard {
  return guardOf<MatchesSchemaOptions>(
    'matchesSchema',
    options,
    MATCHES,
    'block',
    ({ json = false }) => {
      const fits = fitsOf(schema);
      if (!json) return { of: 'value', fits };
      return {
        of: 'texts',
        check: (text) => {
          const verdict = isJson(text) ? fits(JSON.parse(text)) : false;
          const told = (isFit: boolean) => (isFit ? [] : [{ start: 0, end: text.length, label: 'matchesSchema' }]);
          return isPromise(verdict) ? verdict.then(told) : told(verdict);
        },
      };
    },
    ({ fields, json }) => [
      [fields === undefined || json === true, 'fields', 'json: true beside it: else the value is checked as a whole'],
    ],
    problemsAt('schema', SCHEMA, schema),
  );
}

/** Whether the schema accepts a value. A schema that fails has not: what it threw is thrown. */
function fitsOf(schema: Schema): (value: unknown) => boolean | Promise<boolean> {
  const validate = validator(schema);
  return (value) => {
    const verdict = validate(value);
    return isPromise(verdict) ? verdict.then(isFit) : isFit(verdict);
  };
}

function isFit({ problems, fault, cause }: Awaited<ReturnType<ReturnType<typeof validator>>>): boolean {
  if (fault) throw cause;
  return problems === undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
