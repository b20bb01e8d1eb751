import type { ModelStatus, SinkFeed, UnderstudyEvent } from '@understudy/core';
import { type EventOrigin, type GaugeKey, type MetricAttributes, originAttributes } from './telemetry-names.ts';

/** One value of a gauge. */
export type GaugeValue = readonly [gauge: GaugeKey, value: number, attributes: MetricAttributes];

type PolicyStatus = ModelStatus['variants'][string]['policies'];

const CIRCUIT_STATES = ['closed', 'half-open', 'open', 'forced-open', 'forced-closed', 'observe-only'] as const;
const MONITOR_STATUSES = ['ok', 'warn', 'breach', 'insufficient'] as const;

/** What the status of a runtime says, as values of gauges; what cannot be read of a model is left out. */
export function statusGauges(
  models: readonly object[],
  origin: EventOrigin = {},
  sinks: ReturnType<NonNullable<SinkFeed['sinks']>> = [],
): readonly GaugeValue[] {
  const named = originAttributes(origin);
  return [
    ...models.flatMap((status) => gaugesOf(status as ModelStatus, named)),
    ...sinks.flatMap(({ name, unacknowledged }): readonly GaugeValue[] =>
      unacknowledged === undefined ? [] : [['unacknowledged', unacknowledged, { ...named, 'inference.telemetry.sink': name }]],
    ),
  ];
}

/** Those of the runtime behind a queue, at this moment. */
export const feedGauges = (feed: SinkFeed<UnderstudyEvent> | undefined): readonly GaugeValue[] =>
  statusGauges(feed?.models?.() ?? [], feed?.origin, feed?.sinks?.());

function gaugesOf(
  { model, control, variants, rollout, guards, monitors }: ModelStatus,
  origin: MetricAttributes,
): readonly GaugeValue[] {
  const own = { ...origin, 'inference.model.id': model };
  const values: GaugeValue[] = [['paused', control.paused ? 1 : 0, own]];
  for (const [name, { share, policies }] of Object.entries(variants)) {
    const variant = { ...own, 'inference.variant': name };
    values.push(['variantShare', share, variant]);
    values.push(...circuitValues(policies, variant), ...limitValues(policies, variant), ...cacheValues(policies, variant));
  }
  if (rollout !== undefined) values.push(['rolloutShare', rollout.share, { ...own, 'inference.rollout.phase': rollout.phase }]);
  for (const [side, statuses] of Object.entries(guards ?? {}))
    for (const { name, checked, found, errors } of statuses) {
      const named = { ...own, 'inference.guard.name': name, 'inference.guard.side': side };
      for (const [result, count] of Object.entries({ passed: Math.max(0, checked - found - errors), found, failed: errors }))
        values.push(['guardDecisions', count, { ...named, 'inference.guard.result': result }]);
    }
  for (const { monitor, kind, status, readings } of monitors?.reports ?? []) {
    const named = { ...own, 'inference.monitor.name': monitor };
    for (const each of MONITOR_STATUSES)
      values.push(['monitorStatus', each === status ? 1 : 0, { ...named, 'inference.monitor.status': each }]);
    for (const { measure, field = '', segment = '', value } of readings) {
      if (value === null) continue;
      const about = {
        'inference.monitor.measure': measure,
        'inference.monitor.field': field,
        'inference.monitor.segment': segment,
      };
      values.push(['monitorValue', value, { ...named, ...about }]);
      if (kind === 'drift') values.push(['drift', value, { ...named, ...about }]);
    }
  }
  return values;
}

/** None without a circuit. */
function circuitValues(policies: PolicyStatus, variant: MetricAttributes): readonly GaugeValue[] {
  const state = policies['circuitBreaker']?.['state'];
  if (typeof state !== 'string') return [];
  const states: readonly string[] = CIRCUIT_STATES;
  const known = states.includes(state) ? states : [...states, state];
  return known.map((each) => ['circuitState', each === state ? 1 : 0, { ...variant, 'inference.circuit.state': each }]);
}

/** Budgets, places and queues: each where a policy tells it. */
function limitValues(policies: PolicyStatus, variant: MetricAttributes): readonly GaugeValue[] {
  const values: GaugeValue[] = [];
  const add = (gauge: GaugeKey, kind: string, field: string, about: MetricAttributes): void => {
    const value = policies[kind]?.[field];
    if (typeof value === 'number') values.push([gauge, value, { ...variant, ...about }]);
  };
  for (const [unit, spent, limit] of [
    ['usd', 'spentUsd', 'usdPerDay'] as const,
    ['tokens', 'spentTokens', 'tokensPerDay'] as const,
  ]) {
    add('budgetSpent', 'budget', spent, { 'inference.budget.unit': unit });
    add('budgetLimit', 'budget', limit, { 'inference.budget.unit': unit });
  }
  add('concurrencyActive', 'concurrencyLimit', 'active', {});
  add('concurrencyLimit', 'concurrencyLimit', 'limit', {});
  for (const [kind, field] of Object.entries(QUEUES)) add('queueLength', kind, field, { 'inference.policy.kind': kind });
  return values;
}

/** Where policies say how many calls wait. */
const QUEUES = { concurrencyLimit: 'queued', rateLimit: 'waiting', tokenLimit: 'waiting', microBatch: 'waiting' };

function cacheValues({ cache }: PolicyStatus, variant: MetricAttributes): readonly GaugeValue[] {
  const [hits, stale, misses] = [cache?.['hits'], cache?.['stale'], cache?.['misses']];
  if (typeof hits !== 'number' || typeof stale !== 'number' || typeof misses !== 'number') return [];
  const results = { hit: hits - stale, stale, miss: misses };
  return Object.entries(results).map(([result, count]) => [
    'cacheLookups',
    count,
    { ...variant, 'inference.cache.result': result },
  ]);
}
