import { checkOptions, isRecord, Problems, readProperty, told, UnderstudyError } from '../../errors/index.ts';
import type { BucketRange } from '../../routing/bucketing.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import { checkGuards, checkRolloutWith } from '../runners.ts';
import { checkContract, checkFallback, checkMonitors, checkStream } from './check-contract.ts';
import { checkAllocation, checkRolloutVariant, checkShadow, checkSplit, checkVariants, knownAmong } from './check-variants.ts';
import { OPTIONS } from './definition-kinds.ts';

/** What the runtime can bear. */
export interface DefinitionContext {
  /** Why a rollout cannot run on its store. */
  readonly storeProblem: string | undefined;
  /** Whether ids are signed with a key. */
  readonly trustsOutcomes: boolean;
  /** Whether its store keeps decisions for other processes. */
  readonly storeShares: boolean;
}

/**
 * Checks a contract and its options, all at once, and returns the ranges of the split.
 * @throws UnderstudyError `CONFIGURATION_INVALID` with every problem and its path
 */
export function checkDefinition(contract: AnyContract, options: AnyOptions, context: DefinitionContext): readonly BucketRange[] {
  if (!isObject(contract) || !isObject(options)) {
    const [path, value]: [string, unknown] = isObject(contract) ? ['options', options] : ['contract', contract];
    const problems = [{ path, message: `expected an object, got ${told(value)}` }];
    throw new UnderstudyError(
      'CONFIGURATION_INVALID',
      'defineModel(contract, options) takes two objects: the contract has name, input and output; the options have variants and champion.',
      { details: { problems } },
    );
  }
  const problems = new Problems();
  let ranges: readonly BucketRange[] = [];
  try {
    ranges = collect(contract, options, context, problems);
  } catch (error) {
    // Getters and proxies of the caller's own: what was found before them is told too.
    if (UnderstudyError.is(error)) throw error;
    problems.add('options', 'could not be read: something in it throws when it is looked at');
  }
  const name = readProperty(contract, 'name');
  problems.throwIfAny(
    'CONFIGURATION_INVALID',
    `The definition of model ${typeof name === 'string' ? told(name) : '"(no name)"'}`,
  );
  return ranges;
}

/** Not a record: a proxy that was revoked must not throw here. */
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function collect(
  contract: AnyContract,
  options: AnyOptions,
  context: DefinitionContext,
  problems: Problems,
): readonly BucketRange[] {
  const isSound = checkContract(contract, problems);
  problems.addAll('options', checkOptions<AnyOptions, {}>(options, OPTIONS, {}).problems);
  const names = checkVariants(options, problems);
  const known = knownAmong(names, problems);
  known(options.champion, 'options.champion');
  checkFallback(contract, options, names, isSound, problems);
  checkStream(contract, options, problems);
  const ranges = checkSplit(options, known, problems);
  checkShadow(options, known, problems);
  if (options.rollout !== undefined) {
    const kpis = isRecord(contract.kpis) ? Object.keys(contract.kpis) : [];
    checkRolloutWith(contract.name, options, { variants: names, champion: options.champion, kpis, ...context }, problems);
    if (names.length > 0) checkRolloutVariant(options, problems);
  }
  const { hash = 'understudy', split, rollout, outcomes } = options;
  problems.expect(
    hash === 'understudy' || split === undefined || rollout === undefined,
    'options.hash',
    'a split and a rollout need two independent hashes, and another system has but one: leave out the split, the rollout, or the hash',
  );
  checkAllocation(contract, options, context.trustsOutcomes, problems);
  checkGuards(contract, options, isSound, problems);
  checkMonitors(contract, options, isSound, problems);
  problems.expect(
    outcomes?.sharing !== true || context.storeShares,
    'options.outcomes.sharing',
    'needs a store that outlives this process and keeps decisions (remember and recall): give createUnderstudy a store of @understudy/node (redis, postgres, sqlite)',
  );
  return ranges;
}
