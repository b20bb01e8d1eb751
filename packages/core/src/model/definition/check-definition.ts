import { Problems, UnderstudyError } from '../../errors/index.ts';
import type { BucketRange } from '../../routing/index.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import { checkRolloutWith } from '../engines.ts';
import { checkAllocation } from './check-allocation.ts';
import { checkContract } from './check-contract.ts';
import { checkFallback } from './check-fallback.ts';
import { checkHash } from './check-hash.ts';
import { checkMonitors } from './check-monitors.ts';
import { checkNumber } from './check-number.ts';
import { checkOutcomes } from './check-outcomes.ts';
import { checkPolicies } from './check-policies.ts';
import { checkRolloutVariant } from './check-rollout-variant.ts';
import { checkShadow } from './check-shadow.ts';
import { checkSplit } from './check-split.ts';
import { checkVariants } from './check-variants.ts';
import { isObject } from './is-object.ts';
import { knownAmong } from './known.ts';

/** What the runtime can bear. */
export interface Surroundings {
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
export function checkDefinition(contract: AnyContract, options: AnyOptions, surroundings: Surroundings): readonly BucketRange[] {
  const problems = new Problems();
  const subject = `The definition of model ${JSON.stringify((contract as AnyContract | undefined)?.name ?? '(no name)')}`;
  if (!isObject(contract) || !isObject(options)) {
    throw new UnderstudyError(
      'CONFIGURATION_INVALID',
      'defineModel(contract, options) takes two objects: the contract has name, input and output; the options have variants and champion.',
    );
  }
  const isSound = checkContract(contract, problems);
  const names = isObject(options.variants) ? Object.keys(options.variants) : [];
  const hasVariants = problems.expect(
    names.length > 0,
    'options.variants',
    'expected at least one variant, such as { v1: { predictor, version: "1" } }',
  );
  if (hasVariants) checkVariants(options, problems);
  const known = knownAmong(names, problems);
  known(options.champion, 'options.champion');
  checkFallback(contract, options, names, isSound, problems);
  checkPolicies(options.policies, 'options.policies', problems);
  const ranges = checkSplit(options, known, problems);
  checkShadow(options, known, problems);
  if (options.rollout !== undefined) {
    const kpis = Object.keys(contract.kpis ?? {});
    checkRolloutWith(options, { variants: names, champion: options.champion, kpis, ...surroundings }, problems);
    if (hasVariants) checkRolloutVariant(options, problems);
  }
  problems.expect(
    options.assign === undefined || typeof options.assign === 'function',
    'options.assign',
    'expected a function ({ unit }) => ({ variant }), such as openFeatureAssignment() of @understudy/node/openfeature',
  );
  checkHash(options, problems);
  checkAllocation(contract, options, surroundings.trustsOutcomes, problems);
  checkMonitors(contract, options, isSound, problems);
  checkNumber(options.deadlineMs, 'options.deadlineMs', problems);
  checkOutcomes(options, surroundings.storeShares, problems);
  problems.expect(
    options.classify === undefined || typeof options.classify === 'function',
    'options.classify',
    'expected a function from an error to a result class',
  );
  problems.throwIfAny('CONFIGURATION_INVALID', subject);
  return ranges;
}
