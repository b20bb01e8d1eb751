import { isRecord, type Problems, problemsUnder } from '../../errors/index.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';

/** What learns from rewards: that it has arms, a reward, and nothing beside it that moves traffic. */
export function checkAllocation(contract: AnyContract, options: AnyOptions, trustsOutcomes: boolean, problems: Problems): void {
  const { allocation, split, rollout } = options;
  if (allocation === undefined) return;
  const path = 'options.allocation';
  if (
    !problems.expect(
      isRecord(allocation) && typeof allocation.allocate === 'function' && allocation['~engine'] !== undefined,
      path,
      'expected thompson(), or { ...thompson(), allocate } of your own',
    )
  )
    return;
  for (const problem of problemsUnder(path, allocation.problems ?? [])) problems.add(problem.path, problem.message);
  problems.expect(
    Object.keys(split ?? {}).some((name) => name !== options.champion),
    'options.split',
    'expected the challengers of the allocation with the shares that they begin with, such as { v2: 0.2, v3: 0.2 }',
  );
  problems.expect(rollout === undefined, path, 'moves traffic, and so does the rollout: choose one of the two');
  const { reward } = allocation;
  if (reward === 'served') return;
  const kpis = isRecord(contract.kpis) ? Object.keys(contract.kpis) : [];
  problems.expect(
    kpis.includes(reward?.kpi),
    `${path}.reward.kpi`,
    `expected one of the contract's KPIs${kpis.length === 0 ? ', of which it has none' : ` ${kpis.join(', ')}`}, got ${JSON.stringify(reward?.kpi)}`,
  );
  problems.expect(
    trustsOutcomes,
    `${path}.reward`,
    'has no data source that can be trusted: give createUnderstudy a signer: hmacSigner(key) of @understudy/node/signing',
  );
}
