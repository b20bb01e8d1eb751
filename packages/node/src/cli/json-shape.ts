/** Adds what is wrong with the value at a path. */
export type Shape = (value: unknown, path: string, problems: string[]) => void;

const GOT_MOST = 60;

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= GOT_MOST ? text : `${text.slice(0, GOT_MOST)}…`;
}

const simple =
  (expected: string, holds: (value: unknown) => boolean): Shape =>
  (value, path, problems) => {
    if (!holds(value)) problems.push(`${path || '(whole value)'}: expected ${expected}, got ${shown(value)}`);
  };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const asObject = simple('an object', isObject);
const asList = simple('a list', Array.isArray);

export const text = simple('a text', (value) => typeof value === 'string');
export const flag = simple('true or false', (value) => typeof value === 'boolean');
/** Or `null`, which is what JSON makes of NaN and of what is not known. */
export const number = simple('a number or null', (value) => typeof value === 'number' || value === null);

export const oneOf = (...values: readonly string[]): Shape =>
  simple(`one of ${values.join(', ')}`, (value) => values.some((one) => one === value));

export const nullable =
  (shape: Shape): Shape =>
  (value, path, problems) => {
    if (value !== null) shape(value, path, problems);
  };

export const optional =
  (shape: Shape): Shape =>
  (value, path, problems) => {
    if (value !== undefined) shape(value, path, problems);
  };

export const listOf =
  (shape: Shape): Shape =>
  (value, path, problems) => {
    if (Array.isArray(value)) for (const [index, item] of value.entries()) shape(item, `${path}[${index}]`, problems);
    else asList(value, path, problems);
  };

/** Any names, each with that. */
export const recordOf =
  (shape: Shape): Shape =>
  (value, path, problems) => {
    if (isObject(value)) for (const [name, item] of Object.entries(value)) shape(item, `${path}.${name}`, problems);
    else asObject(value, path, problems);
  };

/** These names at least. */
export const objectOf =
  (fields: Readonly<Record<string, Shape>>): Shape =>
  (value, path, problems) => {
    if (!isObject(value)) return asObject(value, path, problems);
    for (const [name, shape] of Object.entries(fields)) shape(value[name], path === '' ? name : `${path}.${name}`, problems);
  };

/** The same shape for each name. */
export const each = (names: readonly string[], shape: Shape): Readonly<Record<string, Shape>> =>
  Object.fromEntries(names.map((name) => [name, shape]));
