import { UnderstudyError } from '@understudy/core';
import type { FieldView, ProfiledFields } from '@understudy/core/monitors';

import { isComposed, type SchemaFields } from './schema-fields.ts';

type Json = Readonly<Record<string, unknown>>;

const TYPES = new Set(['number', 'integer', 'string', 'boolean', 'array', 'object']);
const EXPECTED = "expected 'number', 'integer', 'string', 'boolean' or { \"enum\": [...] }";

/**
 * The fields of a contract as a file describes it: `{ name, input, output? }`, each side a type by field, or a JSON Schema of an
 * object.
 *
 * @param read for schemas with references and alternatives
 * @throws UnderstudyError `CONFIGURATION_INVALID` that names the file and all that is wrong
 */
export function contractFields(contract: unknown, file: string, read?: SchemaFields): ProfiledFields {
  const problems: string[] = [];
  const given = isJson(contract) ? contract : {};
  const { name, input, output = {} } = given;
  if (typeof name !== 'string' || name === '') problems.push('name: expected the name of the contract');
  const side = (value: unknown, path: string): FieldView[] => {
    if (!isJson(value)) {
      problems.push(`${path}: expected { "field": "number", ... } or a JSON Schema of an object`);
      return [];
    }
    if (read !== undefined && isComposed(value)) {
      const fields = read(value);
      if (fields === undefined) problems.push(`${path}: expected a JSON Schema of an object, whose references are in it`);
      return [...(fields ?? [])];
    }
    if (value['type'] === 'object' && isJson(value['properties'])) return fromSchema(value, '');
    return Object.entries(value).flatMap(([field, type]) => {
      const view = viewOf(field, type);
      if (view === undefined) problems.push(`${path}.${field}: ${EXPECTED}, got ${JSON.stringify(type)}`);
      return view ?? [];
    });
  };
  const fields = { contract: String(name), input: side(input, 'input'), output: side(output, 'output') };
  if (problems.length === 0) return fields;
  throw new UnderstudyError('CONFIGURATION_INVALID', `${file}: is no contract:\n  ${problems.join('\n  ')}`, {
    details: { path: file },
  });
}

function viewOf(path: string, type: unknown): FieldView | undefined {
  const may = { path, optional: false, nullable: false };
  if (type === 'number' || type === 'integer' || type === 'string' || type === 'boolean') return { ...may, type };
  const values = isJson(type) ? scalars(type['enum']) : undefined;
  return values === undefined ? undefined : { ...may, type: 'enum', values };
}

/** Fields of a JSON Schema, nested ones after their parent; what has no single type is `unknown`. */
function fromSchema({ properties, required }: Json, prefix: string): FieldView[] {
  const needed = new Set(Array.isArray(required) ? required : []);
  const fields: FieldView[] = [];
  for (const [key, value] of Object.entries(isJson(properties) ? properties : {})) {
    const schema = isJson(value) ? value : {};
    const field = schemaField(schema, prefix + key, !needed.has(key));
    fields.push(field);
    if (field.type === 'object') fields.push(...fromSchema(schema, `${field.path}.`));
  }
  return fields;
}

function schemaField(schema: Json, path: string, optional: boolean): FieldView {
  const types = [schema['type']].flat();
  const [type, ...more] = types.filter((one) => one !== 'null');
  const values = scalars(schema['enum'] ?? ('const' in schema ? [schema['const']] : undefined));
  const field = { path, optional, nullable: types.includes('null') };
  if (values !== undefined) return { ...field, type: 'enum', values };
  return { ...field, type: more.length === 0 && isType(type) ? type : 'unknown' };
}

/** The values of an enum without null; `undefined` where it has others than a categorical field can have. */
function scalars(values: unknown): (string | number | boolean)[] | undefined {
  if (!Array.isArray(values)) return undefined;
  const present: unknown[] = values.filter((value) => value !== null);
  const isScalar = (value: unknown): value is string | number | boolean =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return present.length > 0 && present.every(isScalar) ? present : undefined;
}

const isType = (type: unknown): type is FieldView['type'] => typeof type === 'string' && TYPES.has(type);
export const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
