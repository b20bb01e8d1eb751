import { type Kinds, problemsError, whole, within } from '../../errors/index.ts';
import type { FieldView } from '../../types/index.ts';
import type { FieldProfile } from '../../statistics/profiles/bin-layout.ts';
import { type Category, CategoricalProfileBuilder } from '../../statistics/profiles/categorical-profile.ts';
import { NumericProfileBuilder } from '../../statistics/profiles/numeric-profile-builder.ts';
import { fieldValue, isMissing } from '../field-value.ts';
import { MissingChunks } from './missing-chunks.ts';
import { type MissingShare, type Profile, profileDigest } from './profile.ts';

/** The first and the last time that a date can be, in milliseconds since the Unix epoch. */
const FIRST_DATE = -8.64e15;
const LAST_DATE = 8.64e15;

/** Options of a profile. */
export interface ProfileOptions {
  /** Quantile bins of a numeric field, 2–100. @defaultValue 10 */
  readonly bins?: number;
  /** Categories with a bin of their own, 1–1000. @defaultValue 100 */
  readonly maxCategories?: number;
  /** When the profile was made, in milliseconds since the Unix epoch. @defaultValue none is told */
  readonly at?: number;
}

export const PROFILE_KINDS: Kinds<ProfileOptions> = {
  bins: whole(2, 100),
  maxCategories: whole(1, 1000),
  at: within(FIRST_DATE, LAST_DATE),
};

/** A contract as far as a profile needs it. */
export interface ProfiledFields {
  readonly contract: string;
  readonly input: readonly FieldView[];
  readonly output: readonly FieldView[];
}

interface FieldBuilder {
  readonly path: readonly string[];
  readonly name: string;
  /** @returns whether the value is missing */
  add(value: unknown): boolean;
  build(): FieldProfile;
  mistyped: number;
}

/** A profile of a stream of rows, in one pass and constant memory. */
export class ProfileBuilder {
  readonly #fields: ProfiledFields;
  readonly #options: ProfileOptions;
  readonly #input: readonly FieldBuilder[];
  readonly #output: readonly FieldBuilder[];
  /** Missing values of all fields, also those that have no profile. */
  readonly #chunks: MissingChunks;
  readonly #unprofiled: readonly { readonly place: number; readonly name: string; readonly path: readonly string[] }[];
  #count = 0;

  /** @throws UnderstudyError `CONFIGURATION_INVALID` for options that cannot be, and where no field can have a profile */
  constructor(fields: ProfiledFields, options: ProfileOptions = {}) {
    this.#fields = fields;
    this.#options = options;
    this.#input = fields.input.flatMap((field) => builderOf(field, options));
    this.#output = fields.output.flatMap((field) => builderOf(field, options));
    const others = fields.input.filter((field) => kindOf(field) === undefined);
    this.#unprofiled = others.map((field, at) => ({
      place: this.#input.length + at,
      name: field.path,
      path: field.keys ?? field.path.split('.'),
    }));
    this.#chunks = new MissingChunks(fields.input.length);
    if (this.#input.length + this.#output.length > 0) return;
    const message = 'expected a field that is a number, a string, a boolean or an enum: a profile can be made of nothing else';
    throw problemsError('CONFIGURATION_INVALID', `The profile of ${fields.contract}`, [{ path: 'input', message }]);
  }

  /** Rows so far. */
  get count(): number {
    return this.#count;
  }

  /** @param output `undefined` where there was none */
  add(input: unknown, output?: unknown): void {
    this.#count++;
    for (let field = 0; field < this.#input.length; field++) {
      const builder = this.#input[field] as FieldBuilder;
      if (builder.add(fieldValue(input, builder.path))) this.#chunks.missing(field);
    }
    for (const { place, path } of this.#unprofiled) if (isMissing(fieldValue(input, path))) this.#chunks.missing(place);
    this.#chunks.endRow();
    if (output === undefined) return;
    for (const builder of this.#output) builder.add(fieldValue(output, builder.path));
  }

  /** @throws UnderstudyError `CONFIGURATION_INVALID` without a row */
  build(): Profile {
    const { contract, input, output } = this.#fields;
    const { at } = this.#options;
    if (this.#count === 0) {
      const message = 'expected at least 1, got none';
      throw problemsError('CONFIGURATION_INVALID', `The profile of ${contract}`, [{ path: 'rows', message }]);
    }
    const shares = [...this.#input, ...this.#unprofiled].flatMap(({ name }, field): [string, MissingShare][] => {
      const share = this.#chunks.share(field);
      return share === undefined ? [] : [[name, share]];
    });
    const mistyped = Object.fromEntries([
      ...this.#input.filter((field) => field.mistyped > 0).map((field) => [field.name, field.mistyped]),
      ...this.#output.filter((field) => field.mistyped > 0).map((field) => [`output.${field.name}`, field.mistyped]),
    ]) as Record<string, number>;
    const content = {
      v: 1,
      contract,
      ...(at === undefined ? {} : { createdAt: new Date(at).toISOString() }),
      count: this.#count,
      input: profilesOf(this.#input),
      output: profilesOf(this.#output),
      skipped: [...skipped(input, ''), ...skipped(output, 'output.')],
      ...(Object.keys(mistyped).length === 0 ? {} : { mistyped }),
      ...(shares.length === 0 ? {} : { chunks: { size: this.#chunks.size, missing: Object.fromEntries(shares) } }),
    } as const;
    return { ...content, digest: profileDigest(content) };
  }
}

/** Fields that had no value at all have no profile. */
function profilesOf(builders: readonly FieldBuilder[]): Record<string, FieldProfile> {
  const profiles = builders.map((builder) => [builder.name, builder.build()] as const);
  return Object.fromEntries(profiles.filter(([, profile]) => profile.count > 0));
}

const skipped = (fields: readonly FieldView[], prefix: string): string[] =>
  fields.filter((field) => kindOf(field) === undefined).map(({ path }) => prefix + path);

/** What profile a field has. */
export function kindOf({ type }: FieldView): FieldProfile['kind'] | undefined {
  if (type === 'number' || type === 'integer') return 'numeric';
  return type === 'string' || type === 'boolean' || type === 'enum' ? 'categorical' : undefined;
}

function builderOf(field: FieldView, { bins = 10, maxCategories = 100 }: ProfileOptions): FieldBuilder[] {
  const kind = kindOf(field);
  if (kind === undefined) return [];
  const profile = kind === 'numeric' ? new NumericProfileBuilder({ bins }) : new CategoricalProfileBuilder({ maxCategories });
  const fits = (value: unknown): boolean =>
    kind === 'numeric' ? typeof value === 'number' : ['string', 'number', 'boolean'].includes(typeof value);
  const builder: FieldBuilder = {
    path: field.keys ?? field.path.split('.'),
    name: field.path,
    mistyped: 0,
    add: (value) => {
      const missing = isMissing(value);
      if (missing) profile.add(undefined);
      else if (fits(value)) profile.add(value as number & Category);
      else builder.mistyped++;
      return missing;
    },
    build: () => profile.build(),
  };
  return [builder];
}
