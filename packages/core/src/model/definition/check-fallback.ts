import { contractView } from '../../contract/contract-view.ts';
import { errorText, isRecord, type Problems, problemsUnder, UnderstudyError } from '../../errors/index.ts';
import type { Tier } from '../../spec/index.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';

/** Names of variants, and tiers that fit the contract where that is sound. */
export function checkFallback(
  contract: AnyContract,
  options: AnyOptions,
  names: readonly string[],
  isSound: boolean,
  problems: Problems,
): void {
  const { fallback = [] } = options;
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
      if (inner === undefined) problems.add(path, errorText(error));
      for (const problem of problemsUnder(path, inner ?? [])) problems.add(problem.path, problem.message);
    }
  }
}

function isTier(value: unknown): value is Tier<unknown, unknown> {
  return (
    isRecord(value) &&
    typeof value['answer'] === 'function' &&
    typeof value['name'] === 'string' &&
    typeof value['version'] === 'string' &&
    (value['kind'] === 'rules' || value['kind'] === 'always')
  );
}
