import { SharedDecisions } from '../control/index.ts';
import { isRecord, type Problems, problemsUnder } from '../errors/index.ts';
import type { Allocation } from '../spec/index.ts';
import { startAllocation } from './managed-allocation.ts';

/** What an allocation is checked against. */
interface AllocationSurroundings {
  readonly champion: string;
  readonly split: unknown;
  readonly rollout: unknown;
  readonly kpis: unknown;
  /** Whether ids are signed with a key. */
  readonly trustsOutcomes: boolean;
}

/** That it has arms, a reward, and nothing beside it that moves traffic. */
function checkAllocation(allocation: Allocation<string>, surroundings: AllocationSurroundings, problems: Problems): void {
  const { champion, split, rollout, kpis: declared, trustsOutcomes } = surroundings;
  const path = 'options.allocation';
  for (const problem of problemsUnder(path, allocation.problems ?? [])) problems.add(problem.path, problem.message);
  problems.expect(
    Object.keys(split ?? {}).some((name) => name !== champion),
    'options.split',
    'expected the challengers of the allocation with the shares that they begin with, such as { v2: 0.2, v3: 0.2 }',
  );
  problems.expect(rollout === undefined, path, 'moves traffic, and so does the rollout: choose one of the two');
  const { reward } = allocation;
  if (reward === 'served') return;
  const kpis = isRecord(declared) ? Object.keys(declared) : [];
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

/** All that runs an allocation. It arrives with it, so that a model without one does not carry it. */
export const allocationEngine = { check: checkAllocation, start: startAllocation, SharedDecisions } as const;

export type AllocationEngine = typeof allocationEngine;
