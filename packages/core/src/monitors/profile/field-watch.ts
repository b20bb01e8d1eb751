import { ownValue } from '../../errors/index.ts';
import type { FieldView } from '../../types/index.ts';
import type { FieldProfile } from '../../statistics/profiles/bin-layout.ts';
import { HyperLogLog } from '../../statistics/sketches/hyper-log-log.ts';
import type { CategoricalProfile } from '../../statistics/profiles/categorical-profile.ts';
import { type NumericProfile, usualOf } from '../../statistics/profiles/numeric-profile.ts';
import { isMissing } from '../field-value.ts';
import { figure } from '../limit-reading.ts';
import type { MissingShare, Profile } from './profile.ts';
import { kindOf } from './profile-builder.ts';

/** What is counted of each field, in this order. */
export const FIELD_COUNTERS = ['missing', 'mistyped', 'outOfRange', 'unseen', 'invalid'] as const;

const MISSING = 0;
const MISTYPED = 1;
const OUT_OF_RANGE = 2;
const UNSEEN = 3;

/** 1,024 bytes a field; a standard error of 3 %. */
const PRECISION = 10;

interface Watched {
  readonly name: string;
  readonly view: FieldView | undefined;
  readonly numeric: NumericProfile | undefined;
  readonly categorical: CategoricalProfile | undefined;
  /** How often it was missing in the reference. */
  readonly missing: { readonly mean: number; readonly sigma: number } | undefined;
}

/** All fields of the contract, or of the reference where the contract cannot be read. */
export function watchesOf(views: readonly FieldView[], reference: Profile | undefined): FieldWatch[] {
  const told = Object.keys({ ...reference?.input, ...reference?.chunks?.missing });
  const names = views.length > 0 ? views.map(({ path }) => path) : told;
  return names.map((name) => {
    const profile = ownValue(reference?.input, name);
    return new FieldWatch({
      name,
      view: views.find(({ path }) => path === name),
      numeric: profile?.kind === 'numeric' ? profile : undefined,
      categorical: profile?.kind === 'categorical' ? profile : undefined,
      missing: missingOf(reference, name, profile),
    });
  });
}

/** Profiles of releases before tell it of no small reference, and of no field without a profile. */
function missingOf(reference: Profile | undefined, name: string, profile: FieldProfile | undefined): MissingShare | undefined {
  const told = ownValue(reference?.chunks?.missing, name);
  if (told !== undefined || profile === undefined) return told;
  const rows = profile.count + profile.missing + (profile.kind === 'numeric' ? profile.infinite : 0);
  const mean = rows === 0 ? 0 : profile.missing / rows;
  return { mean, sigma: rows === 0 ? 0 : Math.sqrt((mean * (1 - mean)) / rows) };
}

/** What one field's values are compared with. */
export class FieldWatch {
  readonly name: string;
  readonly watched: Watched;
  /** In the reference there was more than one value. */
  readonly varied: boolean;
  readonly #path: readonly string[];
  readonly #kind: 'numeric' | 'categorical' | undefined;
  /** The range of numbers; infinite where none is known. */
  readonly minimum: number;
  readonly maximum: number;
  readonly #categories: ReadonlySet<string> | undefined;
  #unseen: HyperLogLog | undefined;
  #last: unknown;
  #alike = 0;

  constructor(watched: Watched) {
    const { name, view, numeric, categorical } = watched;
    this.name = name;
    this.watched = watched;
    this.#path = view?.keys ?? name.split('.');
    this.#kind = view === undefined || view.type === 'unknown' ? (numeric ?? categorical)?.kind : kindOf(view);
    // A sentinel among the reference is no part of its range.
    const usual = numeric === undefined ? undefined : usualOf(numeric);
    this.minimum = usual?.min ?? view?.minimum?.value ?? -Infinity;
    this.maximum = usual?.max ?? view?.maximum?.value ?? Infinity;
    // Where the reference had more categories than it lists, no category is known to be new.
    const known = categorical?.other === 0 ? categorical.categories.map(({ value }) => value) : view?.values?.map(String);
    this.#categories = known === undefined ? undefined : new Set(known);
    this.varied = (numeric !== undefined && numeric.min !== numeric.max) || (categorical?.distinct ?? 0) > 1;
  }

  /** Present values in a row that were alike, up to the last one, in this process. */
  get alike(): number {
    return this.#alike;
  }

  get last(): unknown {
    return this.#last;
  }

  /** Whether it is a number at the top of the input. */
  get isPlainNumber(): boolean {
    return this.#kind === 'numeric' && this.#path.length === 1;
  }

  /** What was counted elsewhere: the last number, and how many in a row were equal to it. */
  ran(last: unknown, alike: number): void {
    this.#last = last;
    this.#alike = alike;
  }

  /** About how many unseen categories there were since the process started. */
  get unseen(): number {
    return this.#unseen?.count ?? 0;
  }

  get hasRange(): boolean {
    return this.#kind === 'numeric';
  }

  get hasCategories(): boolean {
    return this.#categories !== undefined;
  }

  get range(): string {
    return `${figure(this.minimum)} to ${figure(this.maximum)}`;
  }

  /** @param at where the counters of the field begin in the row */
  count(input: unknown, row: Float64Array, at: number): void {
    let value = input;
    for (let depth = 0; depth < this.#path.length; depth++) {
      if (typeof value !== 'object' || value === null) value = undefined;
      else value = (value as Readonly<Record<string, unknown>>)[this.#path[depth] as string];
    }
    if (isMissing(value)) {
      add(row, at + MISSING);
      return;
    }
    if (this.#kind === undefined) return;
    if (value === this.#last) this.#alike++;
    else {
      this.#last = typeof value === 'object' ? undefined : value;
      this.#alike = 1;
    }
    if (this.#kind === 'numeric') this.#countNumber(value, row, at);
    else this.#countCategory(value, row, at);
  }

  #countNumber(value: unknown, row: Float64Array, at: number): void {
    if (typeof value !== 'number') add(row, at + MISTYPED);
    else if (value < this.minimum || value > this.maximum || value === Infinity || value === -Infinity)
      add(row, at + OUT_OF_RANGE);
  }

  #countCategory(value: unknown, row: Float64Array, at: number): void {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      add(row, at + MISTYPED);
      return;
    }
    if (this.#categories === undefined) return;
    const category = typeof value === 'string' ? value : String(value);
    if (this.#categories.has(category)) return;
    add(row, at + UNSEEN);
    this.#unseen ??= new HyperLogLog(PRECISION);
    this.#unseen.add(category);
  }
}

function add(row: Float64Array, at: number): void {
  row[at] = (row[at] as number) + 1;
}
