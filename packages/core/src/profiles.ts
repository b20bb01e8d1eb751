export { type ErrorCode, type ErrorDetails, UnderstudyError } from './errors/index.ts';
export { type MissingShare, parseProfile, type Profile, profileDigest } from './monitors/profile/profile.ts';
export { ProfileBuilder, type ProfiledFields, type ProfileOptions } from './monitors/profile/profile-builder.ts';
export { profileFromRows, type ProfileFromRowsOptions, type ProfileRow } from './monitors/profile/profile-from-rows.ts';
export type { FieldView } from './spec/index.ts';
export type { FieldProfile } from './statistics/profiles/bin-layout.ts';
export type { CategoricalProfile, CategoryCount } from './statistics/profiles/categorical-profile.ts';
export type { NumericProfile, PointMass } from './statistics/profiles/numeric-profile.ts';
export type { Outliers } from './statistics/profiles/outliers.ts';
