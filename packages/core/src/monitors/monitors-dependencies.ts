import { introspect } from '../contract/introspect.ts';
import type { AnyMonitor, ModelDescription, MonitorsDependencies } from './monitor.ts';
import type { MonitoredContract, MonitoredModel, MonitoredOptions } from './monitored-model.ts';

const REMEMBERED_DECISIONS = 10_000;

/** What monitors are told of their model when it is defined. */
export function modelDescription(contract: MonitoredContract, options: MonitoredOptions): ModelDescription {
  const { target, kpis = {} } = contract;
  return {
    model: contract.name,
    target: target === undefined ? undefined : { kind: target.kind, field: target.field, positiveAt: target.positiveAt ?? 0.5 },
    input: introspect(contract.input, 'output'),
    output: introspect(contract.output, 'output'),
    kpis: Object.fromEntries(Object.entries(kpis).map(([name, { better }]) => [name, better])),
    variants: Object.keys(options.variants),
    champion: options.champion,
  };
}

/** What monitors are given when their model runs. */
export function monitorsDependencies({
  contract,
  options,
  router,
  control,
  events,
  dependencies,
  sharing,
}: MonitoredModel): MonitorsDependencies {
  const { champion, trainingData } = options;
  const { clock, random, store, refreshMs, words } = dependencies;
  const { version } = router.variant(champion);
  return {
    context: { ...modelDescription(contract, options), clock, random },
    control,
    store,
    clock,
    word: () => words.word(),
    everyMs: refreshMs,
    remembered: options.outcomes?.remembered ?? REMEMBERED_DECISIONS,
    sharing,
    failed: events.callbackFailed,
    changed: ({ name, kind }: AnyMonitor, from, to, reading) => events.monitorChanged({ monitor: name, kind, from, to, reading }),
    breached: (what, { name, kind, onBreach }, { phase, since, reason, readings }) => {
      const facts = { monitor: name, kind, reason, readings };
      const actions = onBreach.map((action) => (typeof action === 'function' ? 'function' : action));
      if (what === 'alert')
        events.alertRaised({ ...facts, phase, since, actions: actions.filter((action) => action !== 'alert') });
      else events.retrainRequested({ ...facts, champion, version, ...(trainingData === undefined ? {} : { trainingData }) });
    },
  };
}
