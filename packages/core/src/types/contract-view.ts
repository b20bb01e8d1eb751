/** What introspection can tell about one field of an object schema. Unknown facts are absent, never guessed. */
export interface FieldView {
  /** Dotted path from the root object: `applicant.income`. */
  readonly path: string;
  /** The keys on the way, where one of them has a dot in it, so that the path does not tell them. */
  readonly keys?: readonly string[];
  readonly type: 'number' | 'integer' | 'string' | 'boolean' | 'enum' | 'array' | 'object' | 'date' | 'bigint' | 'unknown';
  readonly optional: boolean;
  readonly nullable: boolean;
  /** For numbers: the allowed range. `exclusive` says that the bound itself is not allowed. */
  readonly minimum?: { readonly value: number; readonly exclusive: boolean };
  readonly maximum?: { readonly value: number; readonly exclusive: boolean };
  /** For `enum`, and for literals: every allowed value, in schema order. */
  readonly values?: readonly (string | number | boolean)[];
  /** For objects: whether keys beyond the listed ones are kept. */
  readonly open?: boolean;
}

/** The contract as far as it can be read from its schemas. */
export interface ContractView {
  readonly name: string;
  /** Input fields in schema order; `undefined` where the schema cannot be introspected (not zod 4, or not an object). */
  readonly input: readonly FieldView[] | undefined;
  readonly output: readonly FieldView[] | undefined;
  /** Whether the input keeps keys beyond the listed ones. @defaultValue false */
  readonly inputOpen?: boolean;
  /** Checks a value against the output schema; an empty list means that it passes. */
  readonly checkOutput: (value: unknown) => readonly { readonly path: string; readonly message: string }[];
}
