import type { ModelControl } from '../control/model-control.ts';
import { SharedDecisions } from '../control/shared-decisions.ts';
import { isRecord, ownValue, type Problems } from '../errors/index.ts';
import type { Allocation, StateStore } from '../types/index.ts';
import type { Clock } from '../time/index.ts';
import { ManagedAllocation } from './managed-allocation.ts';
import { stampedBy } from './stamped-by.ts';

/** What an allocation is checked against. */
interface AllocationContext {
  readonly champion: string;
  readonly split: unknown;
  readonly rollout: unknown;
  readonly kpis: unknown;
  /** Whether ids are signed with a key. */
  readonly trustsOutcomes: boolean;
}

/** That it has arms, a reward, and nothing beside it that moves traffic. */
function checkAllocation(allocation: Allocation<string>, context: AllocationContext, problems: Problems): void {
  const { champion, split, rollout, kpis: declared, trustsOutcomes } = context;
  const path = 'options.allocation';
  problems.addAll(path, allocation.problems ?? []);
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

/** A model, as far as its allocation needs it. */
interface AllocatedModel {
  readonly contract: {
    readonly name: string;
    readonly kpis?: Readonly<Record<string, { readonly better: 'higher' | 'lower' }>>;
  };
  readonly options: { readonly champion: string; readonly split?: object };
  readonly router: { variant(name: string): { readonly hash: number } };
  readonly control: ModelControl;
  readonly events: { readonly callbackFailed: (callback: string, error: unknown) => void };
  readonly dependencies: {
    readonly store: StateStore;
    readonly clock: Clock;
    readonly random: () => number;
    readonly words: { word(): number };
    readonly refreshMs: number;
  };
}

function startAllocation(
  { contract, options, router, control, events, dependencies }: AllocatedModel,
  allocation: Allocation<string>,
): ManagedAllocation {
  const { champion, split } = options;
  const { reward } = allocation;
  const names = [champion, ...Object.keys(split ?? {}).filter((name) => name !== champion)];
  const kpi = reward === 'served' ? undefined : ownValue(contract.kpis, reward.kpi);
  return new ManagedAllocation({
    model: contract.name,
    allocation,
    lowerIsBetter: kpi?.better === 'lower',
    arms: names.map((name) => ({ name, hash: router.variant(name).hash })),
    control,
    store: dependencies.store,
    clock: stampedBy(control, dependencies.clock),
    random: dependencies.random,
    word: () => dependencies.words.word(),
    everyMs: dependencies.refreshMs,
    failed: events.callbackFailed,
  });
}

/** All that runs an allocation. It arrives with it, so that a model without one does not carry it. */
export const allocationRunner = { check: checkAllocation, start: startAllocation, SharedDecisions } as const;

export type AllocationRunner = typeof allocationRunner;
