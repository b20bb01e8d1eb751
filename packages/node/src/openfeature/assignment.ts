import type { AssignedVariant, AssignUnit, UnitContext } from '@understudy/core';
import { callback, readOptions, record, required, text, withMethods } from '@understudy/core/authoring';

/** What a flag is evaluated for. */
export type FlagAttributes = Readonly<Record<string, string | number | boolean | null | Date>>;

/** What is known of an evaluation. */
export interface StringFlagDetails {
  readonly value: string;
  readonly errorCode?: string;
  readonly flagMetadata: Readonly<Record<string, string | number | boolean>>;
}

/** A client of `@openfeature/server-sdk`. Structural, so that these types do not need that package. */
export interface FlagClient {
  getStringDetails(flagKey: string, defaultValue: string, context: FlagAttributes): Promise<StringFlagDetails>;
}

export interface OpenFeatureAssignmentOptions {
  /** `OpenFeature.getClient()`. */
  readonly client: FlagClient;
  /** Key of a string flag whose value says the variant. */
  readonly flag: string;
  /** Values of the flag to variants; a value that it lacks gives no assignment. @defaultValue the value is the variant's name */
  readonly variants?: Readonly<Record<string, string>>;
  /**
   * What the flag's rules may look at, beside the `targetingKey`: the call's unit, absent when it has none.
   * @defaultValue `model`, and `tenant` where the call has one
   */
  readonly context?: (unit: UnitContext) => FlagAttributes;
}

const modelAndTenant = ({ model, tenant }: UnitContext): FlagAttributes => (tenant === undefined ? { model } : { model, tenant });

/**
 * Lets a feature flag assign units to variants, through any OpenFeature provider. Where the flag gives no value of its own (an
 * error, a flag that is missing or off), the model's own assignment serves.
 *
 * What a flag assigns is no evidence of a rollout. Off-policy evaluation needs the probability of the assignment: the provider tells
 * it as the number `probability`, above 0 and at most 1, in the flag's metadata. Without it the probability counts as 1.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function openFeatureAssignment(options: OpenFeatureAssignmentOptions): AssignUnit {
  const { client, flag, variants, context } = readOptions('openFeatureAssignment', options, KINDS, { context: modelAndTenant });
  return async (call) => {
    const target = call.unit === '' ? {} : { targetingKey: call.unit };
    // An empty default: OpenFeature answers with it whenever the provider has no value.
    const { value, errorCode, flagMetadata } = await client.getStringDetails(flag, '', { ...context(call), ...target });
    if (errorCode !== undefined || value === '') return undefined;
    const variant = variants === undefined ? value : variantOf(variants, value);
    return variant === undefined ? undefined : given(variant, flagMetadata['probability']);
  };
}

const KINDS = {
  client: required(withMethods('getStringDetails')),
  flag: required(text),
  variants: record(text),
  context: callback,
};

function variantOf(variants: Readonly<Record<string, string>>, value: string): string | undefined {
  return Object.hasOwn(variants, value) ? variants[value] : undefined;
}

function given(variant: string, probability: string | number | boolean | undefined): AssignedVariant {
  const known = typeof probability === 'number' && probability > 0 && probability <= 1;
  return known ? { variant, probability } : { variant };
}
