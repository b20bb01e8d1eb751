import type { ModelControl } from '../control/model-control.ts';
import type { EventBus } from '../events/event-bus.ts';
import type { RunningGuards } from '../guards/guard-runner.ts';
import type { CallCounters } from './call-counters.ts';
import type { VariantRouter } from './variant-router.ts';
import type { CallObservers } from './call-observers.ts';
import type { ModelShadows } from './model-shadows.ts';
import type { Outcomes } from './outcomes.ts';
import type { Variant } from './plan.ts';
import type { ModelStatus, VariantStatus } from './status.ts';

/** What the status of a model is read from. */
export interface StatusSources {
  readonly model: string;
  readonly router: VariantRouter;
  readonly control: ModelControl;
  readonly counters: CallCounters;
  readonly shadows: ModelShadows;
  readonly observers: CallObservers | undefined;
  readonly guards: RunningGuards | undefined;
  readonly outcomes: Outcomes;
  readonly bus: EventBus;
  readonly callbacks: ReadonlyMap<string, { readonly count: number; readonly last: string }>;
}

/** A snapshot of a model. @param now monotonic milliseconds */
export function modelStatus(sources: StatusSources, now: number): ModelStatus {
  const { model, router, control, counters, observers, guards, outcomes, bus, callbacks } = sources;
  const { aheadMs, snapshot } = control;
  const { known, version, document, problem } = snapshot;
  const rollout = observers?.rollout?.status();
  const monitors = observers?.monitors?.status();
  const sharing = observers?.sharing?.status();
  const statuses = [...router.variants.values()].map((variant) => [variant.name, variantStatus(variant, sources, now)] as const);
  return {
    model,
    champion: router.champion,
    control: {
      known,
      version,
      pinned: document.pinned,
      isolated: document.isolated,
      paused: document.paused,
      pausedBy: document.pausedBy,
      ...(Object.keys(document.reasons).length === 0 ? {} : { reasons: document.reasons }),
      ...(problem === undefined ? {} : { problem }),
      ...(aheadMs === 0 ? {} : { clockAheadMs: aheadMs }),
    },
    ...counters.snapshot(),
    variants: Object.fromEntries(statuses),
    fallback: router.fixedTiers.map(({ tier: { kind, name, version: tierVersion }, served, abstained }) => ({
      kind,
      name,
      version: tierVersion,
      served,
      abstained,
    })),
    ...(rollout === undefined ? {} : { rollout }),
    ...(guards === undefined ? {} : { guards: guards.status() }),
    ...(monitors === undefined ? {} : { monitors }),
    ...(sharing === undefined ? {} : { sharing }),
    outcomes: { ...outcomes.counts },
    ...(router.unpriced.length === 0 ? {} : { unpriced: router.unpriced }),
    listenerFailures: bus.listenerFailures,
    ...(callbacks.size === 0
      ? {}
      : { callbacks: Object.fromEntries([...callbacks].map(([name, { count, last }]) => [name, { count, last }])) }),
  };
}

function variantStatus(variant: Variant, { router, control, shadows }: StatusSources, now: number): VariantStatus {
  const { name, version, served, failures, executor } = variant;
  const shadow = shadows.statusOf(variant);
  const challenges = shadow !== undefined || router.isChallenger(name);
  return {
    version,
    role: name === router.champion ? 'champion' : challenges ? 'challenger' : 'fallback',
    share: router.shareOf(name, control.snapshot),
    isolated: control.snapshot.document.isolated.includes(name),
    served,
    failures,
    policies: executor.snapshot(now),
    ...(shadow === undefined ? {} : { shadow }),
  };
}
