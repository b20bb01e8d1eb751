import { kind, readOptions, required } from '@understudy/core/authoring';

/** What the provider asks a model: the variant that a unit is assigned to, with what probability (0–1), and the reason. */
export interface AssignableModel {
  assignmentOf(unit: string): { readonly variant: string; readonly probability: number; readonly reason: string };
}

/** OpenFeature's evaluation context, as far as it matters here. */
export interface FlagContext {
  readonly targetingKey?: string;
}

export interface FlagResolution<T> {
  readonly value: T;
  /** The variant that the unit is assigned to, also where it is not the one that a boolean flag asks for. */
  readonly variant: string;
  /** `SPLIT` where chance assigned it, `STATIC` where every unit is given this variant. */
  readonly reason: 'SPLIT' | 'STATIC';
  readonly flagMetadata: {
    readonly model: string;
    /** The probability of the assignment to {@link FlagResolution.variant}, 0–1. */
    readonly probability: number;
    /** What assigned it, as in decision events. */
    readonly assignedBy: string;
  };
}

/** A `Provider` of `@openfeature/server-sdk`. Structural, so that these types do not need that package. */
export interface UnderstudyProvider {
  readonly metadata: { readonly name: 'understudy' };
  readonly runsOn: 'server';
  resolveBooleanEvaluation(flagKey: string, defaultValue: boolean, context: FlagContext): Promise<FlagResolution<boolean>>;
  resolveStringEvaluation(flagKey: string, defaultValue: string, context: FlagContext): Promise<FlagResolution<string>>;
  resolveNumberEvaluation(flagKey: string): Promise<never>;
  resolveObjectEvaluation(flagKey: string): Promise<never>;
}

/**
 * Tells which variants units are assigned to, as OpenFeature flags, to code that calls no model: a page that explains the new
 * model to those who have it, a warehouse that joins on flags. Evaluating one is no exposure: it makes no decision and no evidence.
 *
 * | flag | value |
 * | --- | --- |
 * | string, the model's name | the variant of the unit (`targetingKey`) |
 * | boolean, `model:variant` | whether the unit is assigned to that variant |
 *
 * Errors are OpenFeature's: `FLAG_NOT_FOUND` for a model that is not there, `TYPE_MISMATCH` for another type of flag,
 * `TARGETING_KEY_MISSING` without a unit.
 *
 * @param models by name; one that is added later is found
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function understudyProvider(models: ReadonlyMap<string, AssignableModel>): UnderstudyProvider {
  readOptions(
    'understudyProvider',
    { models },
    { models: required(kind((value) => value instanceof Map, 'a map of models by name')) },
    {},
  );
  const flagOf = (key: string): Flag => {
    const model = models.get(key);
    if (model !== undefined) return { type: 'string', name: key, model };
    // Names may hold colons themselves.
    for (let at = key.indexOf(':'); at >= 0; at = key.indexOf(':', at + 1)) {
      const name = key.slice(0, at);
      const found = models.get(name);
      if (found !== undefined) return { type: 'boolean', name, model: found, variant: key.slice(at + 1) };
    }
    throw new FlagError(
      'FLAG_NOT_FOUND',
      `no model is named by the flag ${JSON.stringify(key)}: ask for "<model>" or "<model>:<variant>"`,
    );
  };
  const mismatch = (key: string, asked: string): FlagError =>
    new FlagError('TYPE_MISMATCH', `the flag ${JSON.stringify(key)} is a ${flagOf(key).type} flag, not a ${asked} one`);

  return {
    metadata: { name: 'understudy' },
    runsOn: 'server',
    resolveBooleanEvaluation: async (key, _, context) => {
      const flag = flagOf(key);
      if (flag.type !== 'boolean') throw mismatch(key, 'boolean');
      return resolution(flag, context, (variant) => variant === flag.variant);
    },
    resolveStringEvaluation: async (key, _, context) => {
      const flag = flagOf(key);
      if (flag.type !== 'string') throw mismatch(key, 'string');
      return resolution(flag, context, (variant) => variant);
    },
    resolveNumberEvaluation: async (key) => {
      throw mismatch(key, 'number');
    },
    resolveObjectEvaluation: async (key) => {
      throw mismatch(key, 'object');
    },
  };
}

interface NamedModel {
  readonly name: string;
  readonly model: AssignableModel;
}
type Flag = (NamedModel & { readonly type: 'string' }) | (NamedModel & { readonly type: 'boolean'; readonly variant: string });

function resolution<T>({ name, model }: NamedModel, context: FlagContext, valueOf: (variant: string) => T): FlagResolution<T> {
  const unit = context.targetingKey ?? '';
  if (unit === '') {
    throw new FlagError('TARGETING_KEY_MISSING', `model ${JSON.stringify(name)} assigns units: give the unit as targetingKey`);
  }
  const { variant, probability, reason } = model.assignmentOf(unit);
  return {
    value: valueOf(variant),
    variant,
    reason: probability < 1 ? 'SPLIT' : 'STATIC',
    flagMetadata: { model: name, probability, assignedBy: reason },
  };
}

/** OpenFeature reads `code` of what a provider throws, and never lets it reach the caller. */
class FlagError extends Error {
  readonly code: 'FLAG_NOT_FOUND' | 'TYPE_MISMATCH' | 'TARGETING_KEY_MISSING';

  constructor(code: FlagError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
