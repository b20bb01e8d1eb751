import { isRecord, type Problems } from '../../errors/index.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import { allocationRunnerOf } from '../runners.ts';

/** What learns from rewards: that it is an allocation, and what came with it says the rest. */
export function checkAllocation(contract: AnyContract, options: AnyOptions, trustsOutcomes: boolean, problems: Problems): void {
  const { allocation, split, rollout, champion } = options;
  if (allocation === undefined) return;
  const runner = isRecord(allocation) && typeof allocation.allocate === 'function' ? allocationRunnerOf(options) : undefined;
  if (runner !== undefined)
    return runner.check(allocation, { champion, split, rollout, kpis: contract.kpis, trustsOutcomes }, problems);
  problems.add('options.allocation', 'expected thompson(), or { ...thompson(), allocate } of your own');
}
