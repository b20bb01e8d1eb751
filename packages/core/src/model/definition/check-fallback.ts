import { contractView } from '../../contract/contract-view.ts';
import { type Problems, UnderstudyError } from '../../errors/index.ts';
import type { Tier } from '../../spec/index.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import { isObject } from './is-object.ts';

/** Names of variants, and tiers that fit the contract where that is sound. */
export function checkFallback(
  contract: AnyContract,
  options: AnyOptions,
  names: readonly string[],
  isSound: boolean,
  problems: Problems,
): void {
  const fallback = options.fallback ?? [];
  const isList = problems.expect(Array.isArray(fallback), 'options.fallback', 'expected a list, such as [rules(…), always(…)]');
  if (!isList || fallback.length === 0) return;
  const view = isSound ? contractView(contract) : undefined;
  for (const [index, tier] of fallback.entries()) {
    const path = `options.fallback[${index}]`;
    if (typeof tier === 'string') {
      problems.expect(
        names.includes(tier),
        path,
        `expected one of the variants ${names.join(', ')}, got ${JSON.stringify(tier)}`,
      );
      continue;
    }
    if (!problems.expect(isTier(tier), path, 'expected the name of a variant, rules() or always()') || view === undefined)
      continue;
    try {
      tier.check?.(view);
    } catch (error) {
      const inner = UnderstudyError.is(error) ? error.details.problems : undefined;
      if (inner === undefined) problems.add(path, error instanceof Error ? error.message : String(error));
      for (const problem of inner ?? []) problems.add(`${path}.${problem.path}`, problem.message);
    }
  }
}

function isTier(value: unknown): value is Tier<unknown, unknown> {
  return (
    isObject(value) &&
    typeof Reflect.get(value, 'answer') === 'function' &&
    (Reflect.get(value, 'kind') === 'rules' || Reflect.get(value, 'kind') === 'always')
  );
}
