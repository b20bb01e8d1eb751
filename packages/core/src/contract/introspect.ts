import type { FieldView, Schema } from '../types/index.ts';
import { type CheckDef, numberFacts } from './introspect-number.ts';

/** The two sides of a schema: what goes in, and what comes out after defaults and transforms. */
export type SchemaSide = 'input' | 'output';

/** An object schema as far as it can be read. */
export interface ObjectView {
  readonly fields: readonly FieldView[];
  /** Whether keys beyond the listed ones are kept. */
  readonly open: boolean;
}

type Unknown = Readonly<Record<string, unknown>>;
interface Facts extends Omit<FieldView, 'path'> {
  /** For objects: the definition to descend into. */
  readonly object?: Unknown;
}

/** All that is known of a field that may be anything. */
const ANYTHING: Facts = { type: 'unknown', optional: true, nullable: true };
const SCALARS = new Set(['string', 'number', 'boolean']);
/** A recursive schema may make a new object each time it is read; these bound how far it is followed. */
const MAX_DEPTH = 16;
const MAX_FIELDS = 5000;
/** Types of zod that a {@link FieldView} has no word for, and whose values are never missing. */
const PRESENT = new Set(['symbol', 'map', 'set', 'file', 'function']);

/**
 * The fields of a zod 4 object schema (zod or zod/mini), nested ones with a dotted path after their parent, in schema order.
 * Reads the surface that zod documents for library authors (`_zod.def`, `_zod.bag`) without importing zod. What it cannot
 * read is `unknown`, `optional` and `nullable`; it never guesses and never throws. Refinements, formats and lengths are not
 * facts of a field. A key with a dot in it is not told by the path: such a field has its `keys`, unless another has the same path.
 *
 * @param side `input`: what a caller may pass; `output`: what the schema hands on, after defaults, coercion and transforms.
 * @returns `undefined` for any other schema, and for one that is not an object on that side.
 */
export function introspect(schema: Schema, side: SchemaSide = 'input'): readonly FieldView[] | undefined {
  return introspectObject(schema, side)?.fields;
}

/** Like {@link introspect}, and says whether the object keeps other keys. */
export function introspectObject(schema: Schema, side: SchemaSide): ObjectView | undefined {
  const { object, open, optional, nullable } = safely(() => factsOf(schema, side, 0));
  if (object === undefined || optional || nullable) return undefined;
  const fields: FieldView[] = [];
  if (!safely(() => collect(object, [], side, [object], fields), false)) return undefined;
  return { fields, open: open === true };
}

/** Adds the fields of one object and of those inside it. An object inside itself is listed, and not entered again. */
function collect(
  object: Unknown,
  parents: readonly string[],
  side: SchemaSide,
  entered: readonly Unknown[],
  fields: FieldView[],
): boolean {
  const shape = record(object['shape']);
  for (const key of Object.keys(shape)) {
    const keys = [...parents, key];
    const path = keys.join('.');
    const hasDot = keys.some((one) => one.includes('.'));
    if (hasDot && fields.some((field) => field.path === path)) continue;
    const { object: inner, ...facts } = safely(() => factsOf(shape[key], side, 0));
    const enter = inner !== undefined && !entered.includes(inner) && entered.length < MAX_DEPTH && fields.length < MAX_FIELDS;
    fields.push({ path, ...(hasDot ? { keys } : {}), ...facts, ...(inner !== undefined && !enter ? { open: true } : {}) });
    if (enter) collect(inner, keys, side, [...entered, inner], fields);
  }
  return true;
}

function factsOf(schema: unknown, side: SchemaSide, depth: number): Facts {
  const zod = record(record(schema)['_zod']);
  const def = record(zod['def']);
  // A wrapper may lead back to itself through `lazy`.
  if (depth > 64) return ANYTHING;
  const inside = (inner: unknown): Facts => factsOf(inner, side, depth + 1);
  const type = String(def['type']);
  const { checks, overwrites } = checksOf(def, side);
  if (overwrites && side === 'output' && !SCALARS.has(type)) return ANYTHING;
  if (def['coerce'] === true && side === 'input') return ANYTHING;
  switch (type) {
    case 'number':
      return present(numberFacts(checks, overwrites ? {} : record(zod['bag'])));
    case 'string':
    case 'template_literal':
      return present({ type: 'string' });
    case 'boolean':
    case 'date':
    case 'bigint':
    case 'array':
      return present({ type });
    case 'tuple':
      return present({ type: 'array' });
    case 'object':
      return present({ type: 'object', object: def, ...(keepsOthers(def) ? { open: true } : {}) });
    case 'record':
      return present({ type: 'object', open: true });
    case 'enum':
    case 'literal':
      return literals(zod['values']);
    case 'null':
    case 'undefined':
    case 'void':
      return literals(new Set([type === 'null' ? null : undefined]));
    case 'union':
      return union(list(def['options']).map(inside));
    case 'optional':
      return { ...inside(def['innerType']), optional: true };
    case 'nullable':
      return { ...inside(def['innerType']), nullable: true };
    case 'nonoptional':
      return { ...inside(def['innerType']), optional: false };
    case 'readonly':
      return inside(def['innerType']);
    case 'default':
    case 'prefault': {
      const inner = inside(def['innerType']);
      if (side === 'input') return { ...inner, optional: true };
      // zod does not check a default (a prefault it does): one outside the range widens it.
      return { ...(type === 'default' ? admit(inner, def['innerType'], () => def['defaultValue']) : inner), optional: false };
    }
    case 'catch': {
      if (side === 'input') return ANYTHING;
      const caught = def['catchValue'];
      return admit(inside(def['innerType']), def['innerType'], () => (typeof caught === 'function' ? caught({}) : caught));
    }
    case 'pipe':
      return inside(side === 'input' ? def['in'] : def['out']);
    case 'lazy': {
      const getter = def['getter'];
      return typeof getter === 'function' ? inside(getter()) : ANYTHING;
    }
    default:
      return PRESENT.has(type) ? present({ type: 'unknown' }) : ANYTHING;
  }
}

const present = (facts: Omit<Facts, 'optional' | 'nullable'>): Facts => ({ optional: false, nullable: false, ...facts });

/**
 * The checks that hold for the value on `side`. An `overwrite` in their midst replaces the value: those before it speak of
 * what goes in, those after it of what comes out.
 */
function checksOf(def: Unknown, side: SchemaSide): { readonly checks: readonly CheckDef[]; readonly overwrites: boolean } {
  const own = list(def['checks']).map((check) => record(record(record(check)['_zod'])['def']));
  const all: readonly CheckDef[] = typeof def['check'] === 'string' ? [def, ...own] : own;
  const isOverwrite = (check: CheckDef): boolean => check['check'] === 'overwrite';
  const overwrites = all.some(isOverwrite);
  const [from, to] = side === 'input' ? [0, all.findIndex(isOverwrite)] : [all.findLastIndex(isOverwrite) + 1, all.length];
  // A check with a condition of its own does not always hold.
  return { checks: (overwrites ? all.slice(from, to) : all).filter((check) => check['when'] === undefined), overwrites };
}

function keepsOthers(def: Unknown): boolean {
  const catchall = def['catchall'];
  return catchall !== undefined && record(record(record(catchall)['_zod'])['def'])['type'] !== 'never';
}

function literals(set: unknown): Facts {
  if (!(set instanceof Set)) return ANYTHING;
  const all: unknown[] = [...set];
  const values = all.filter((value) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean');
  const optional = all.includes(undefined);
  const nullable = all.includes(null);
  const readable = values.length > 0 && values.length + Number(optional) + Number(nullable) === all.length;
  return readable ? { type: 'enum', values, optional, nullable } : { type: 'unknown', optional, nullable };
}

/** A union of literals is an enum; of one type, that type without its range; of anything else, unknown. */
function union(options: readonly Facts[]): Facts {
  const optional = options.some((option) => option.optional);
  const nullable = options.some((option) => option.nullable);
  // An option that is only `null` or `undefined` says nothing of the values.
  const valued = options.filter((option) => option.type !== 'unknown' || (!option.optional && !option.nullable));
  const unreadable = options.some((option) => option.type === 'unknown' && option.optional && option.nullable);
  const [first] = valued;
  const types = new Set(valued.map((option) => option.type));
  if (first === undefined || unreadable) return { type: 'unknown', optional, nullable };
  if (types.size === 1 && first.type === 'enum') {
    return { type: 'enum', values: [...new Set(valued.flatMap((option) => option.values ?? []))], optional, nullable };
  }
  if (valued.length === 1) return { ...first, optional, nullable };
  if (types.size === 1) return { type: first.type, optional, nullable, ...(first.type === 'object' ? { open: true } : {}) };
  const numeric = types.size === 2 && types.has('number') && types.has('integer');
  return { type: numeric ? 'number' : 'unknown', optional, nullable };
}

/** Widens `facts` where a value that zod hands on unchecked does not fit them. */
function admit(facts: Facts, schema: unknown, read: () => unknown): Facts {
  const value = safely<unknown>(read, undefined);
  if (facts.object !== undefined) {
    const { object: _, ...closed } = facts;
    return passes(schema, value) ? facts : { ...closed, open: true };
  }
  if (value === undefined || value === null) return { ...facts, ...(value === null ? { nullable: true } : { optional: true }) };
  if (facts.values !== undefined) return facts.values.some((known) => known === value) ? facts : ANYTHING;
  if (facts.minimum === undefined && facts.maximum === undefined && facts.type !== 'integer') return facts;
  const { minimum, maximum, ...rest } = facts;
  const fits =
    typeof value === 'number' &&
    (minimum === undefined || (minimum.exclusive ? value > minimum.value : value >= minimum.value)) &&
    (maximum === undefined || (maximum.exclusive ? value < maximum.value : value <= maximum.value)) &&
    (facts.type !== 'integer' || Number.isInteger(value));
  return fits ? facts : { ...rest, type: 'number' };
}

function passes(schema: unknown, value: unknown): boolean {
  const validate = record(record(schema)['~standard'])['validate'];
  const result = safely<unknown>(() => (typeof validate === 'function' ? validate(value) : undefined), undefined);
  return typeof result === 'object' && result !== null && 'value' in result;
}

function record(value: unknown): Unknown {
  return (typeof value === 'object' || typeof value === 'function') && value !== null ? (value as Unknown) : {};
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A getter or a callback of a schema that throws leaves its field unknown. */
function safely(read: () => Facts): Facts;
function safely<T>(read: () => T, otherwise: T): T;
function safely(read: () => unknown, otherwise: unknown = ANYTHING): unknown {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
