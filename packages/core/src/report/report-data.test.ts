import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  sampleAlert,
  sampleCircuit,
  sampleControl,
  sampleDecision,
  sampleDropped,
  sampleMonitor,
  sampleOutcome,
  sampleRescue,
  sampleRollout,
  sampleShadow,
} from '../../tests/support/sample-events.ts';
import type { UnderstudyEvent } from '../events/event.ts';
import type { ModelStatus } from '../model/status.ts';
import type { MonitorReading } from '../types/index.ts';
import { reportBuilder } from './report-builder.ts';
import { renderReport, reportData } from './render-report.ts';

const AT = Date.UTC(2026, 0, 1);
const plain = (text: string): string => text.replaceAll('\u00A0', ' ');

const reading = (change: Partial<MonitorReading> = {}): MonitorReading => ({
  measure: 'accuracy',
  n: 500,
  value: 0.9,
  interval: [0.87, 0.92],
  limit: 0.8,
  status: 'ok',
  reason: 'accuracy 0.9',
  ...change,
});

const status = (change: Partial<ModelStatus> = {}): ModelStatus => ({
  model: 'claims',
  champion: 'v1',
  control: { known: true, version: 1, pinned: null, isolated: [], paused: true, pausedBy: ['monitor:accuracy', 'ana'] },
  calls: { total: 100, served: 90, degraded: 9, failed: 10, cancelled: 0, invalidInput: 0, inFlight: 0 },
  availability: 0.9,
  servedByTier: { model: 81, cache: 0, rules: 9, always: 0 },
  latencyMs: { p50: 12, p90: 20, p99: 90 },
  variants: { v1: { version: '1.0.0', role: 'champion', share: 1, isolated: false, served: 81, failures: 3, policies: {} } },
  fallback: [{ kind: 'rules', name: 'table', version: '7', served: 9, abstained: 0 }],
  outcomes: { counted: 40, unscored: 0, duplicate: 1, unknown: 0, late: 0, forged: 0 },
  listenerFailures: 0,
  ...change,
});

const onlyModel = (history: readonly UnderstudyEvent[]) => {
  const [model] = reportData([], history).models.items;
  if (model === undefined) throw new Error('the report has no model');
  return model;
};

describe('from events alone', () => {
  test('calls are counted with their weight, by tier and over time', () => {
    const { summary, traffic, basis, variants } = onlyModel([
      sampleDecision({ at: AT, weight: 10 }),
      sampleDecision({ at: AT, weight: 0 }),
      sampleRescue({ at: AT + 1500 }),
      sampleDecision({ at: AT + 2500, outcome: 'failed', tier: 'none', servedBy: '', version: '' }),
      sampleDecision({ at: AT + 2600, outcome: 'invalid-input', tier: 'none', servedBy: '', version: '' }),
    ]);
    expect(basis).toBe('events');
    expect(summary.calls).toEqual({ total: 13, served: 11, degraded: 1, failed: 1, cancelled: 0, invalidInput: 1 });
    expect(summary.availability).toBeCloseTo(11 / 12, 12);
    expect(summary.degradedShare).toBeCloseTo(1 / 11, 12);
    expect(summary.servedByTier).toEqual({ model: 10, cache: 0, rules: 1, always: 0 });
    expect(Math.abs((summary.latencyMs.p50 ?? 0) / 12 - 1)).toBeLessThan(0.1);
    expect(Math.abs((summary.latencyMs.p99 ?? 0) / 25 - 1)).toBeLessThan(0.1);
    expect(traffic.binMs).toBe(1000);
    expect(traffic.bins.map(({ at, model, rules, failed, dismissed }) => [at - AT, model, rules, failed, dismissed])).toEqual([
      [0, 10, 0, 0, 0],
      [1000, 0, 1, 0, 0],
      [2000, 0, 0, 1, 1],
    ]);
    expect(variants.items.map(({ variant, role, served }) => [variant, role, served])).toEqual([
      ['v1', 'champion', 10],
      ['table', 'rules', 1],
    ]);
  });

  test('who has paused it: a monitor takes back its own pause, an operator every one', () => {
    const pauses = [sampleControl(), sampleControl({ by: 'monitor:accuracy' }), sampleControl({ by: 'bo', result: 'forbidden' })];
    expect(onlyModel(pauses).summary).toMatchObject({ paused: true, pausedBy: ['ana', 'monitor:accuracy'] });
    expect(plain(onlyModel(pauses).summary.sentences[0] ?? '')).toBe(
      'The model is paused by ana and monitor:accuracy: fallback tiers serve in its place.',
    );
    const recovered = [...pauses, sampleControl({ command: 'resume', by: 'monitor:accuracy' })];
    expect(onlyModel(recovered).summary.pausedBy).toEqual(['ana']);
    expect(onlyModel([...recovered, sampleControl({ command: 'resume' })]).summary.paused).toBe(false);
    const commands = [sampleControl({ command: 'pin', variant: 'v2' }), sampleControl({ command: 'isolate', variant: 'v1' })];
    expect(onlyModel(commands).summary).toMatchObject({ pinned: 'v2', isolated: ['v1'] });
  });

  test('a monitor over time, its newest status, and what an alert says beside', () => {
    const fields = [reading(), reading({ measure: 'psi', field: 'age', value: 0.3, limit: 0.1, status: 'breach' })];
    const { monitors, summary } = onlyModel([
      sampleMonitor({ at: AT, from: 'insufficient', to: 'ok', reading: reading() }),
      sampleMonitor({ at: AT + 1000, to: 'breach' }),
      // Another process tells the same.
      sampleMonitor({ at: AT + 1500, to: 'breach' }),
      sampleAlert({ at: AT + 2000, readings: fields }),
      sampleMonitor({ at: AT, monitor: 'drift', kind: 'drift', to: 'ok', reading: reading({ value: NaN, interval: null }) }),
    ]);
    expect(summary.worst).toBe('breach');
    const [accuracy, drift] = monitors.items;
    expect(accuracy).toMatchObject({ monitor: 'accuracy', status: 'breach', since: AT + 1000 });
    expect(accuracy?.readings.items.map(({ measure, field, value }) => [measure, field, value])).toEqual([
      ['accuracy', null, 0.74],
      ['psi', 'age', 0.3],
    ]);
    expect(accuracy?.history[0]?.points.map(({ at, value, limit }) => [at - AT, value, limit])).toEqual([
      [0, 0.9, 0.8],
      [1000, 0.74, 0.8],
      [1500, 0.74, 0.8],
    ]);
    expect(drift?.readings.items[0]?.value).toBeNull();
  });

  test('outcomes by tier with their delay, shadows, and the rollout', () => {
    const model = onlyModel([
      ...Array.from({ length: 4 }, () => sampleDecision({ at: AT })),
      sampleOutcome({ at: AT }),
      sampleOutcome({ at: AT, result: 'duplicate' }),
      sampleOutcome({ at: AT, kind: 'kpi' }),
      sampleShadow({ at: AT }),
      sampleShadow({ at: AT, agrees: false }),
      sampleShadow({ at: AT, agrees: null }),
      sampleRollout({ at: AT, from: 'shadow', to: 'canary 5 %', share: 0.05 }),
      sampleRollout({ at: AT + 1 }),
    ]);
    expect(model.outcomes.byTier).toEqual([{ tier: 'model', decisions: 4, known: 1 }]);
    expect(model.outcomes.results).toEqual({ counted: 2, unscored: 0, duplicate: 1, unknown: 0, late: 0, forged: 0 });
    expect(Math.abs((model.outcomes.delayMs.p50 ?? 0) / 60_000 - 1)).toBeLessThan(0.1);
    expect(model.variants.items[1]).toMatchObject({ variant: 'v2', pairs: 2, agreement: 0.5 });
    expect(model.rollout).toMatchObject({ phase: 'rolled-back', share: 0 });
    expect(model.rollout?.transitions.items.map(({ to, share }) => [to, share])).toEqual([
      ['canary 5 %', 0.05],
      ['rolled-back', 0],
    ]);
  });

  test('the timeline says who, what and why, in order; the same from many processes is one change', () => {
    const { timeline } = onlyModel([
      sampleControl({ at: AT + 3, variant: 'v1', command: 'isolate' }),
      sampleControl({ at: AT + 4, command: 'resume', by: 'lee', result: 'forbidden' }),
      sampleMonitor({ at: AT + 1 }),
      sampleMonitor({ at: AT + 2 }),
      sampleCircuit({ at: AT }),
    ]);
    expect(timeline.items.map(({ who, what, why, times }) => [who, what, why, times])).toEqual([
      ['circuit breaker of v1', 'closed → open', '6 of 10 calls failed', 1],
      ['monitor:accuracy', 'ok → breach', 'accuracy 0.74 of the last 1000', 2],
      ['ana', 'isolate v1', 'wrong prices', 1],
      ['lee', 'resume (refused: not allowed)', 'wrong prices', 1],
    ]);
  });

  test('circuits that flap push no command out of the timeline', () => {
    const flaps = Array.from({ length: 1000 }, (_, index) =>
      sampleCircuit({ at: AT + index, to: index % 2 === 0 ? 'open' : 'closed' }),
    );
    const { timeline } = onlyModel([sampleControl({ at: AT }), ...flaps]);
    expect(timeline.items).toHaveLength(101);
    expect(timeline.omitted).toBe(900);
    expect(timeline.items.filter(({ type }) => type === 'control')).toHaveLength(1);
  });
});

describe('with a status', () => {
  test('the status is what the summary says; the newest readings are a point of each series', () => {
    const monitors: ModelStatus['monitors'] = {
      reports: [{ monitor: 'accuracy', kind: 'live-metric', status: 'warn', since: AT, readings: [reading({ status: 'warn' })] }],
      outcomes: {
        pending: 3,
        forgotten: 1,
        unjoined: 0,
        byTier: { model: { decisions: 81, known: 40 }, sampled: { decisions: 5, known: 2 } },
        delayMs: { p50: 100, p90: 200, p99: NaN },
      },
      failures: 0,
      storeFailure: null,
    };
    const data = reportData(status({ monitors }), [sampleMonitor({ at: AT }), sampleDecision({ at: AT })], { at: AT + 9 });
    const [model] = data.models.items;
    expect(data.at).toBe(AT + 9);
    expect(model?.basis).toBe('status');
    expect(model?.summary.calls.total).toBe(100);
    expect(model?.summary.degradedShare).toBe(0.1);
    expect(model?.summary.sentences.map(plain)).toEqual([
      'The model is paused by monitor:accuracy and ana: fallback tiers serve in its place.',
      'Calls: 100, 10 failed; availability 90 %, of served calls 10 % degraded. Half were answered within 12 ms, 99 % within 90 ms.',
      'Monitors: 1 with a warning (accuracy).',
    ]);
    expect(model?.monitors.items[0]?.history[0]?.points.map(({ at, status }) => [at, status])).toEqual([
      [AT, 'breach'],
      [AT + 9, 'warn'],
    ]);
    expect(model?.outcomes).toMatchObject({ pending: 3, forgotten: 1, delayMs: { p99: null } });
    expect(model?.outcomes.byTier[1]).toEqual({ tier: 'sampled', decisions: 5, known: 2 });
    expect(model?.traffic.bins).toHaveLength(1);
  });

  test('models without a status follow those with one', () => {
    const data = reportData([status({ model: 'prices' })], [sampleDecision()]);
    expect(data.models.items.map(({ model, basis }) => [model, basis])).toEqual([
      ['prices', 'status'],
      ['claims', 'events'],
    ]);
  });
});

describe('B5 distributions of a status', () => {
  const distribution = (field: string) => ({
    field,
    reference: { n: 100, missing: 0 },
    live: { n: 50, missing: 0.1 },
    bins: [
      { range: [null, 1], reference: 0.5, live: 0.9 },
      { range: [1, null], reference: 0.5, live: 0.1 },
    ],
  });
  const withDistributions = (distributions: unknown): ModelStatus => {
    const drift = { monitor: 'drift', kind: 'drift', status: 'breach', since: AT, readings: [], distributions };
    const outcomes = { pending: 0, forgotten: 0, unjoined: 0, byTier: {}, delayMs: { p50: 1, p90: 1, p99: 1 } };
    const monitors = { reports: [drift], outcomes, failures: 0, storeFailure: null };
    return status({ monitors: monitors as unknown as NonNullable<ModelStatus['monitors']> });
  };
  const told = (distributions: unknown) =>
    reportData(withDistributions(distributions), []).models.items[0]?.monitors.items[0]?.distributions;

  test('B5 are told as they are, ten at most, and how many are not', () => {
    expect(told([distribution('age')])).toEqual({ items: [distribution('age')], omitted: 0 });
    const many = told(Array.from({ length: 1000 }, (_, at) => distribution(`f${at}`)));
    expect([many?.items.length, many?.omitted]).toEqual([10, 990]);
    expect(told([])).toBeUndefined();
  });

  test('B5 that are malformed are left out and counted', () => {
    for (const odd of [undefined, null, 7, 'x', {}, { length: 2 }]) expect(told(odd)).toBeUndefined();
    const odd = [null, 7, [], {}, { ...distribution('a'), bins: null }, { ...distribution('a'), live: { n: -1, missing: 0 } }];
    expect(told([...odd, distribution('b')])).toEqual({ items: [distribution('b')], omitted: 6 });
    const bins = Array.from({ length: 10_000 }, () => ({ label: 'x', reference: 0.0001, live: 0.0001 }));
    expect(told([{ ...distribution('a'), bins }])).toEqual({ items: [], omitted: 1 });
    expect(renderReport(withDistributions([null]), [])).toContain('Not shown: 1 more distributions.');
  });

  test('B5 with anything in place of any part make a page (property)', () => {
    const sound: unknown = distribution('a');
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom('field', 'segment', 'reference', 'live', 'bins'), (odd, key) => {
        const given = [odd, { ...(sound as object), [key]: odd }, { ...(sound as object), bins: [odd] }];
        const page = renderReport(withDistributions(given), []);
        expect(page).toContain('</html>');
        expect(page).not.toMatch(/NaN|Infinity|\bundefined\b|\[object /u);
      }),
      { seed: 5, numRuns: 100 },
    );
  });
});

describe('what is left out is told', () => {
  test('repeats, events without a time, further models, losses of sinks, unreadable lines', () => {
    const builder = reportBuilder();
    const twice = sampleDecision({ at: AT });
    for (const event of [twice, twice, sampleDecision({ at: NaN }), sampleDecision({ at: 1e300 })]) builder.add(event);
    for (let index = 0; index < 30; index++) builder.add(sampleDecision({ at: AT + 5, model: `m${index}` }));
    builder.add(sampleDropped({ at: AT }));
    builder.add(sampleDropped({ at: AT, count: 4 }));
    const data = builder.data([], { unreadable: 2 });
    expect(data.events).toEqual({ total: 33, repeated: 1, undated: 2, ofOtherModels: 11, unreadable: 2 });
    expect(data.lost).toEqual({ items: [{ sink: 'file', count: 7 }], omitted: 0 });
    expect(data.period).toEqual({ from: AT, to: AT + 5 });
    expect(data.at).toBe(AT + 5);
    expect(data.models.items).toHaveLength(20);
  });

  test('nothing at all is a report too, and is plain JSON', () => {
    const data = reportData([], []);
    expect(data).toEqual({
      v: 1,
      at: null,
      period: null,
      events: { total: 0, repeated: 0, undated: 0, ofOtherModels: 0, unreadable: 0 },
      lost: { items: [], omitted: 0 },
      models: { items: [], omitted: 0 },
    });
    const full = reportData(status({ availability: NaN }), [sampleMonitor(), sampleRollout()]);
    expect(JSON.parse(JSON.stringify(full))).toEqual(full);
  });

  test('a time that is none is refused', () => {
    expect(() => reportData([], [], { at: NaN })).toThrow(
      /CONFIGURATION_INVALID|expected milliseconds since the Unix epoch, got NaN/,
    );
  });
});
