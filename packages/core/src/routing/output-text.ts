import { kind, type Kind } from '../errors/index.ts';

/** Fields of an output that hold a text. */
export type TextField<O> = { readonly [K in keyof O]-?: O[K] extends string ? K : never }[keyof O];

/** The name of a field of the output. */
export const fieldName: Kind = kind(
  (value) => ['string', 'number', 'symbol'].includes(typeof value) && value !== '',
  'the name of a field of the output',
);

/** The text of an output: the output itself, or one of its fields. */
export function textOf(output: unknown, field: PropertyKey | undefined): string {
  const text: unknown = field === undefined ? output : Reflect.get(Object(output) as object, field);
  if (typeof text === 'string') return text;
  throw new TypeError(field === undefined ? 'The output is no text: name its field.' : `The field ${String(field)} is no text.`);
}
