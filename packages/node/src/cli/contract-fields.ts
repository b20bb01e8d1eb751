import { UnderstudyError } from '@understudy/core';
import { type FieldView, introspect, type ProfiledFields } from '@understudy/core/monitors';
import * as z from 'zod';
import { problemLines } from './read-json.ts';

type Json = Readonly<Record<string, unknown>>;

const SIDE = 'expected { "field": "number", ... } or a JSON Schema of an object';

/** What a JSON Schema may be put together of: references and alternatives, as zod and pydantic write them. */
const COMPOSED = /"(\$ref|anyOf|oneOf|allOf)"/;

/** Types of a field in a JSON Schema; what it cannot tell is `unknown`. */
const schemaType = z.enum(['number', 'integer', 'string', 'boolean', 'array', 'object', 'unknown']).catch('unknown');

/** The values of an enum without null, where all are values that a categorical field can have. */
const values = z
  .array(z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .transform((all) => all.filter((value) => value !== null))
  .refine((all) => all.length > 0, { abort: true });

const fieldType = z.union(
  [
    z.enum(['number', 'integer', 'string', 'boolean']).transform((type) => ({ type })),
    z.object({ enum: values }).transform((type) => ({ type: 'enum' as const, values: type.enum })),
  ],
  {
    error: ({ input }) => `expected 'number', 'integer', 'string', 'boolean' or { "enum": [...] }, got ${JSON.stringify(input)}`,
  },
);

const listOfTypes = z
  .record(z.string(), fieldType, SIDE)
  .transform((types) =>
    Object.entries(types).map(([path, type]) => Object.assign(type, { path, optional: false, nullable: false })),
  );

const plainSchema = z.custom<Json>().transform((schema) => fromSchema(schema, ''));

const composedSchema = z.custom<z.core.JSONSchema.JSONSchema>().transform((schema, context): readonly FieldView[] => {
  try {
    const fields = introspect(z.fromJSONSchema(schema));
    if (fields !== undefined) return fields;
  } catch {
    // A reference to nothing, or no schema.
  }
  context.addIssue('expected a JSON Schema of an object, whose references are in it');
  return z.NEVER;
});

/** How one side of a contract is written. */
function sideOf(value: unknown): z.ZodType<readonly FieldView[]> {
  if (!isJson(value)) return listOfTypes;
  if (COMPOSED.test(JSON.stringify(value))) return composedSchema;
  return value['type'] === 'object' && isJson(value['properties']) ? plainSchema : listOfTypes;
}

/**
 * The fields of a contract as a file describes it: `{ name, input, output? }`, each side a type by field, or a JSON Schema of an
 * object. zod reads schemas with references and alternatives.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` that names the file and all that is wrong
 */
export function contractFields(contract: unknown, file: string): ProfiledFields {
  const given = isJson(contract) ? contract : {};
  const schema = z.object({
    name: z.string('expected the name of the contract').min(1, 'expected the name of the contract'),
    input: sideOf(given['input']),
    output: sideOf(given['output']).default([]),
  });
  const { data, error } = schema.safeParse(given);
  if (error === undefined) return { contract: data.name, input: data.input, output: data.output };
  const text = `${file}: is no contract:\n  ${problemLines(error).join('\n  ')}`;
  throw new UnderstudyError('CONFIGURATION_INVALID', text, { details: { path: file } });
}

/** Fields of a JSON Schema, nested ones after their parent; what has no single type is `unknown`. */
function fromSchema({ properties, required }: Json, prefix: string): FieldView[] {
  const needed = new Set(Array.isArray(required) ? required : []);
  return Object.entries(isJson(properties) ? properties : {}).flatMap(([key, value]) => {
    const schema = isJson(value) ? value : {};
    const field = schemaField(schema, prefix + key, !needed.has(key));
    return field.type === 'object' ? [field].concat(fromSchema(schema, `${field.path}.`)) : [field];
  });
}

function schemaField(schema: Json, path: string, optional: boolean): FieldView {
  const types = [schema['type']].flat();
  const [type, ...more] = types.filter((one) => one !== 'null');
  const known = values.safeParse(schema['enum'] ?? ('const' in schema ? [schema['const']] : undefined)).data;
  const field = { path, optional, nullable: types.includes('null') };
  if (known !== undefined) return { ...field, type: 'enum', values: known };
  return { ...field, type: more.length === 0 ? schemaType.parse(type) : 'unknown' };
}

export const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
