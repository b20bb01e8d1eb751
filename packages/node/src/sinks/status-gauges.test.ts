import { expect, it } from 'vitest';
import { statusGauges } from './status-gauges.ts';

const status = (change: object = {}): object => ({
  model: 'm',
  control: { paused: false },
  variants: { v1: { share: 0.6, policies: {} } },
  ...change,
});

it('B6 monitors give their newest values, by measure, field and segment; what has no value gives none', () => {
  const reading = (value: number | null, more: object = {}): object => ({ measure: 'psi', value, status: 'ok', ...more });
  const monitors = {
    reports: [{ monitor: 'drift', status: 'warn', readings: [reading(0.2, { field: 'x', segment: 'eu' }), reading(null)] }],
  };
  const values = statusGauges([status({ monitors })], { application: 'app' });
  const named = { 'inference.application': 'app', 'inference.model.id': 'm', 'inference.monitor.name': 'drift' };
  expect(values.filter(([gauge]) => gauge === 'monitorValue')).toEqual([
    [
      'monitorValue',
      0.2,
      { ...named, 'inference.monitor.measure': 'psi', 'inference.monitor.field': 'x', 'inference.monitor.segment': 'eu' },
    ],
  ]);
  const statuses = values.filter(([gauge]) => gauge === 'monitorStatus');
  expect(statuses.map(([, value, attributes]) => [attributes['inference.monitor.status'], value])).toEqual([
    ['ok', 0],
    ['warn', 1],
    ['breach', 0],
    ['insufficient', 0],
  ]);
});

it('B6 a rollout gives its share, by its phase, and a state that is not known yet is a series of its own', () => {
  const policies = { circuitBreaker: { state: 'melted' }, timeout: { ms: 50 } };
  const variants = { v1: { share: 0.95, policies } };
  const values = statusGauges([status({ variants, rollout: { phase: 'canary', share: 0.05 } })]);
  expect(values).toContainEqual(['rolloutShare', 0.05, { 'inference.model.id': 'm', 'inference.rollout.phase': 'canary' }]);
  expect(values.filter(([gauge, value]) => gauge === 'circuitState' && value === 1)).toEqual([
    ['circuitState', 1, { 'inference.model.id': 'm', 'inference.variant': 'v1', 'inference.circuit.state': 'melted' }],
  ]);
});

it('B6 without a model there is nothing to show', () => {
  expect(statusGauges([])).toEqual([]);
});
