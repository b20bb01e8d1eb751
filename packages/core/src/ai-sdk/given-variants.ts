import { isRecord, type Problem, problemsError, readProperty, told } from '../errors/index.ts';

/** A variant as it was given: a model, or an object with a model and options of its own. */
export interface GivenVariant<M> {
  readonly name: string;
  readonly model: M;
  /** Options of the variant. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/**
 * The variants of a guarded model of the AI SDK.
 *
 * @param factory named in the message
 * @param methods that each model must have
 * @throws UnderstudyError `CONFIGURATION_INVALID` where one is no such model
 */
export function givenVariants<M extends { readonly provider: string; readonly modelId: string }>(
  factory: string,
  options: unknown,
  methods: readonly string[],
): readonly GivenVariant<M>[] {
  const variants = readProperty(options, 'variants');
  const such = "a model of the AI SDK, such as openai('…')";
  if (!isRecord(variants)) {
    const message = "expected models of the AI SDK by their names, such as { fast: openai('…'), strong: anthropic('…') }";
    throw problemsError('CONFIGURATION_INVALID', `${factory}()`, [{ path: 'variants', message }]);
  }
  const problems: Problem[] = [];
  const given = Object.entries(variants).map(([name, variant]): GivenVariant<M> => {
    const hasOptions = isRecord(variant) && 'model' in variant;
    const { model, ...rest } = hasOptions ? variant : { model: variant };
    const isModel = methods.every((method) => typeof readProperty(model, method) === 'function');
    const path = `variants.${name}${hasOptions ? '.model' : ''}`;
    if (!isModel) problems.push({ path, message: `expected ${such}, got ${told(model)}` });
    return { name, model: model as M, rest };
  });
  if (problems.length > 0) throw problemsError('CONFIGURATION_INVALID', `${factory}()`, problems);
  return given;
}

/** What defines the variants: each has the version of its model where it was given none. */
export const definedVariants = <M extends { readonly provider: string; readonly modelId: string }>(
  given: readonly GivenVariant<M>[],
  predictorOf: (model: M) => unknown,
): Readonly<Record<string, object>> =>
  Object.fromEntries(
    given.map(({ name, model, rest }) => {
      const version = rest['version'] ?? `${model.provider}:${model.modelId}`;
      return [name, { ...rest, predictor: predictorOf(model), version }];
    }),
  );
