import { budget, circuitBreaker, concurrencyLimit, createUnderstudy, UnderstudyError } from '@understudy/core';
import { blocklist } from '@understudy/core/guards';
import { cache } from '@understudy/core/cache';
import { expect, it } from 'vitest';
import * as z from 'zod';
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

it('a model tells of its limits, budgets, caches and guards, and of no circuit but its own', async () => {
  const understudy = createUnderstudy({ prices: { v1: { input: 1, output: 1 } } });
  const usage = {
    inputTokens: { total: 400, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 100, text: undefined, reasoning: undefined },
  };
  const model = understudy.defineModel(
    { name: 'm', input: z.object({ text: z.string() }), output: z.object({ text: z.string() }) },
    {
      variants: {
        v1: {
          version: '1',
          predictor: ({ text }, call) => {
            call.report({ usage });
            return { text };
          },
        },
      },
      champion: 'v1',
      policies: [
        circuitBreaker(),
        concurrencyLimit({ max: 4, maxQueue: 10 }),
        budget({ usdPerDay: 2, tokensPerDay: 10_000 }),
        cache({ ttlMs: 60_000 }),
      ],
      guards: { input: [blocklist({ words: ['bad'], fields: ['text'] })] },
    },
  );
  await model.predict({ text: 'a' });
  await model.predict({ text: 'a' });
  await expect(model.predict({ text: 'bad' })).rejects.toSatisfy((error) => UnderstudyError.is(error));
  const values = statusGauges([model.status()]);
  const own = { 'inference.model.id': 'm' };
  const v1 = { ...own, 'inference.variant': 'v1' };
  const of = (gauge: string): readonly unknown[] => values.filter(([name]) => name === gauge).map(([, ...rest]) => rest);
  expect(of('budgetSpent')).toEqual([
    [0.0005, { ...v1, 'inference.budget.unit': 'usd' }],
    [500, { ...v1, 'inference.budget.unit': 'tokens' }],
  ]);
  expect(of('budgetLimit')).toEqual([
    [2, { ...v1, 'inference.budget.unit': 'usd' }],
    [10_000, { ...v1, 'inference.budget.unit': 'tokens' }],
  ]);
  expect(of('concurrencyActive')).toEqual([[0, v1]]);
  expect(of('concurrencyLimit')).toEqual([[4, v1]]);
  expect(of('queueLength')).toEqual([[0, { ...v1, 'inference.policy.kind': 'concurrencyLimit' }]]);
  expect(of('cacheLookups')).toEqual([
    [1, { ...v1, 'inference.cache.result': 'hit' }],
    [0, { ...v1, 'inference.cache.result': 'stale' }],
    [1, { ...v1, 'inference.cache.result': 'miss' }],
  ]);
  const guard = { ...own, 'inference.guard.name': 'blocklist', 'inference.guard.side': 'input' };
  expect(of('guardDecisions')).toEqual([
    [2, { ...guard, 'inference.guard.result': 'passed' }],
    [1, { ...guard, 'inference.guard.result': 'found' }],
    [0, { ...guard, 'inference.guard.result': 'failed' }],
  ]);
  expect(of('circuitState')).toHaveLength(6);
  await understudy.close();
});

it('a drift monitor gives its statistics under their own name, too', () => {
  const report = { monitor: 'd', kind: 'drift', status: 'ok', readings: [{ measure: 'psi', value: 0.1, status: 'ok' }] };
  const values = statusGauges([status({ monitors: { reports: [report, { ...report, kind: 'liveMetric' }] } })]);
  expect(values.filter(([gauge]) => gauge === 'drift')).toEqual([
    ['drift', 0.1, expect.objectContaining({ 'inference.monitor.name': 'd', 'inference.monitor.measure': 'psi' })],
  ]);
});
