import { UnderstudyError } from '@understudy/core';
import { type FieldView, introspect } from '@understudy/core/monitors';

/** Reads the fields of a JSON Schema of an object; `undefined` for a schema of something else. */
export type SchemaFields = (schema: Readonly<Record<string, unknown>>) => readonly FieldView[] | undefined;

/** What a schema may be put together of: references and alternatives, as zod and pydantic write them. */
const COMPOSED = /"(\$ref|anyOf|oneOf|allOf)"/;

export const isComposed = (schema: unknown): boolean => COMPOSED.test(JSON.stringify(schema) ?? '');

/** @throws UnderstudyError `PEER_MISSING` without zod, which reads such schemas */
export async function schemaFields(): Promise<SchemaFields> {
  try {
    const { fromJSONSchema } = await import('zod');
    return (schema) => {
      try {
        return introspect(fromJSONSchema(schema));
      } catch {
        // A reference to nothing, or no schema.
        return undefined;
      }
    };
  } catch (cause) {
    const text = 'A JSON Schema with $ref, anyOf, oneOf or allOf is read by zod, which could not be loaded: npm install zod';
    throw new UnderstudyError('PEER_MISSING', text, { cause });
  }
}
