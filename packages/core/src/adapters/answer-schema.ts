import type { StandardSchemaV1 } from '@standard-schema/spec';
import { errorText, isRecord, type Kind, type Problem, problemsError, problemsUnder } from '../errors/index.ts';
import { asRecord } from './json-response.ts';

/** A JSON Schema as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * What says how an answer must look: a schema that knows its JSON Schema by the Standard JSON Schema interface (zod from 4.2 on, ArkType,
 * Valibot with `toStandardJsonSchema`), or a JSON Schema as plain data.
 */
export type AnswerSchema = StandardJsonSchema | JsonSchema;

/** The part of the Standard JSON Schema interface (standardschema.dev/json-schema) that is read. */
export interface StandardJsonSchema {
  readonly '~standard': {
    readonly jsonSchema: { readonly input: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown> };
  };
}

/**
 * What an answer is where no `parse` makes something else of it: a text without a schema; with one what the schema takes, before its defaults
 * and transforms. A JSON Schema as plain data does not tell it.
 */
export type AnswerOf<S> = S extends undefined ? string : S extends StandardSchemaV1 ? StandardSchemaV1.InferInput<S> : unknown;

type Node = Record<string, unknown>;

/** Where schemas hold others by their names, in a list, and one. */
const NAMED = ['properties', '$defs', 'definitions', 'patternProperties'];
const LISTED = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
const SINGLE = ['items', 'not', 'additionalProperties'];

/** Either form of an {@link AnswerSchema}; problems are of the schema's own making. */
export const ANSWER_SCHEMA: Kind = (value) => {
  const isSchema = isRecord(value) || typeof value === 'function';
  const standard: unknown = isSchema ? Reflect.get(value, '~standard') : undefined;
  if (standard === undefined) return isRecord(value) ? undefined : 'a schema, or a JSON Schema as plain data';
  const json = asRecord(asRecord(standard)['jsonSchema']);
  return typeof json['input'] === 'function'
    ? undefined
    : 'a schema that knows its JSON Schema (zod from 4.2 on), or a JSON Schema as plain data: z.toJSONSchema(schema)';
};

/** How an endpoint wants the schemas that are made here. Those that were given as plain data go as they are. */
export interface SchemaDialect {
  /** Objects take no other properties: OpenAI and Anthropic demand it. */
  readonly closed: boolean;
  /** Every property is answered, and only the keywords of OpenAI's strict mode are used. */
  readonly strict: boolean;
}

/**
 * The JSON Schema to send: of what the contract takes, before its defaults and transforms.
 *
 * @param factory the adapter, for the error
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a schema that has none, or none that the endpoint takes
 */
export function answerSchema(factory: string, given: AnswerSchema | undefined, dialect: SchemaDialect): JsonSchema | undefined {
  if (given === undefined) return undefined;
  const standard = asRecord((given as Partial<StandardJsonSchema>)['~standard']);
  const converter = asRecord(standard['jsonSchema']);
  const make = converter['input'];
  if (typeof make !== 'function') return given as JsonSchema;
  const problems: Problem[] = [];
  let schema: Node = {};
  try {
    const made: unknown = make.call(converter, { target: 'draft-2020-12' });
    schema = adapted(asRecord(made), '', dialect, problems);
    delete schema['$schema'];
  } catch (error) {
    problems.push({ path: '', message: `has no JSON Schema: ${errorText(error, 200)}` });
  }
  if (problems.length === 0) return schema;
  throw problemsError('CONFIGURATION_INVALID', `${factory}()`, problemsUnder(`${factory}.schema`, problems));
}

function adapted(schema: JsonSchema, path: string, dialect: SchemaDialect, problems: Problem[]): Node {
  const node: Node = { ...schema };
  const inner = (value: unknown, at: string): unknown =>
    isRecord(value) ? adapted(value, path === '' ? at : `${path}.${at}`, dialect, problems) : value;
  for (const key of SINGLE) if (key in node) node[key] = inner(node[key], key);
  for (const key of LISTED) {
    const parts = node[key];
    if (Array.isArray(parts)) node[key] = parts.map((part, index) => inner(part, `${key}[${index}]`));
  }
  const properties = asRecord(node['properties']);
  const required = new Set<unknown>(Array.isArray(node['required']) ? node['required'] : []);
  if (dialect.strict) {
    for (const [name, property] of Object.entries(properties)) {
      if (required.has(name)) continue;
      // What has a default may as well be answered.
      if ('default' in asRecord(property)) required.add(name);
      else
        problems.push({
          path: path === '' ? name : `${path}.${name}`,
          message: 'is optional, and strict answers have every property: make it nullable, or set strict: false',
        });
    }
    if (required.size > 0) node['required'] = [...required];
    delete node['default'];
    if (Array.isArray(node['oneOf'])) {
      node['anyOf'] = node['oneOf'];
      delete node['oneOf'];
    }
  }
  for (const key of NAMED) {
    if (!isRecord(node[key])) continue;
    const entries = Object.entries(node[key]).map(([name, value]) => [name, inner(value, name)] as const);
    node[key] = Object.fromEntries(entries);
  }
  if (dialect.closed && node['type'] === 'object' && !('additionalProperties' in node)) node['additionalProperties'] = false;
  return node;
}
