import {
  type CategoricalProfile,
  CategoricalProfileBuilder,
  type CategoricalProfileOptions,
  type Category,
} from '../../../src/statistics/profiles/categorical-profile.ts';

/** The profile of a sample, as a stream of its values makes it. */
export function categoricalProfile(
  values: Iterable<Category | null | undefined>,
  options?: CategoricalProfileOptions,
): CategoricalProfile {
  const builder = new CategoricalProfileBuilder(options);
  for (const value of values) builder.add(value);
  return builder.build();
}
