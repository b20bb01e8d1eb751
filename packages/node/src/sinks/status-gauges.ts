import type { ModelStatus } from '@understudy/core';
import { type EventOrigin, type GaugeKey, type MetricAttributes, originAttributes } from './telemetry-names.ts';

/** One value of a gauge. */
export type GaugeValue = readonly [gauge: GaugeKey, value: number, attributes: MetricAttributes];

const CIRCUIT_STATES = ['closed', 'half-open', 'open', 'forced-open', 'forced-closed', 'observe-only'] as const;
const MONITOR_STATUSES = ['ok', 'warn', 'breach', 'insufficient'] as const;

/** What the status of models says, as values of gauges; what cannot be read of one is left out. */
export function statusGauges(models: readonly object[], origin: EventOrigin = {}): readonly GaugeValue[] {
  return models.flatMap((status) => gaugesOf(status as ModelStatus, originAttributes(origin)));
}

function gaugesOf({ model, control, variants, rollout, monitors }: ModelStatus, origin: MetricAttributes): readonly GaugeValue[] {
  const own = { ...origin, 'inference.model.id': model };
  const values: GaugeValue[] = [['paused', control.paused ? 1 : 0, own]];
  for (const [name, { share, policies }] of Object.entries(variants)) {
    const variant = { ...own, 'inference.variant': name };
    values.push(['variantShare', share, variant]);
    for (const policy of Object.values(policies)) values.push(...circuitValues(policy, variant));
  }
  if (rollout !== undefined) values.push(['rolloutShare', rollout.share, { ...own, 'inference.rollout.phase': rollout.phase }]);
  for (const { monitor, status, readings } of monitors?.reports ?? []) {
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
    }
  }
  return values;
}

/** None for a policy that has no circuit. */
function circuitValues(policy: object, variant: MetricAttributes): readonly GaugeValue[] {
  const state: unknown = Reflect.get(policy, 'state');
  if (typeof state !== 'string') return [];
  const states: readonly string[] = CIRCUIT_STATES;
  const known = states.includes(state) ? states : [...states, state];
  return known.map((each) => ['circuitState', each === state ? 1 : 0, { ...variant, 'inference.circuit.state': each }]);
}
