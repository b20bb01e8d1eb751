import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { always, circuitBreaker, createUnderstudy, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { drift, profileFromRows, serviceLevel } from '@understudy/core/monitors';
import * as fc from 'fast-check';
import { Counter, type OpenMetricsContentType, openMetricsContentType, Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import {
  sampleCircuit,
  sampleControl,
  sampleDecision,
  sampleDropped,
  sampleOutcome,
  sampleRescue,
  sampleShadow,
} from '../../../core/tests/support/sample-events.ts';
import { prometheus, type PrometheusOptions, type PrometheusSink } from './prometheus.ts';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

/** Reads the text exposition format 0.0.4, and throws at the first thing that the format forbids. It ignores empty lines. */
function parseExposition(text: string): Map<string, Family> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, { help: string; type: string; samples: Sample[] }>();
  const seen = new Set<string>();
  let current = '';
  for (const line of text.split('\n').slice(0, -1)) {
    if (line === '') continue;
    const head = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s.exec(line);
    if (head !== null) {
      const [, kind, name = '', rest = ''] = head;
      if (kind === 'HELP') {
        if (families.has(name)) throw new Error(`${name} comes twice`);
        families.set(name, { help: unescaped(rest, false), type: '', samples: [] });
        current = name;
      } else {
        const family = families.get(name);
        if (family === undefined || name !== current || family.samples.length > 0)
          throw new Error(`TYPE of ${name} stands in the wrong place`);
        if (!['counter', 'histogram', 'gauge'].includes(rest)) throw new Error(`unknown type ${rest}`);
        family.type = rest;
      }
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s.exec(line);
    if (sample === null) throw new Error(`no sample: ${line}`);
    const [, name = '', labels = '', value = ''] = sample;
    const family = families.get(current);
    const suffixes = family?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    if (family === undefined || !suffixes.some((suffix) => name === current + suffix))
      throw new Error(`${name} stands under ${current}`);
    if (!/^[+-]?(\d+(\.\d+)?(e[+-]?\d+)?|Inf)$/.test(value)) throw new Error(`no number: ${value}`);
    const key = `${name}{${labels}}`;
    if (seen.has(key)) throw new Error(`${key} comes twice`);
    seen.add(key);
    family.samples.push({ name, labels: parseLabels(labels), value: Number(value.replace('Inf', 'Infinity')) });
  }
  return families;
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const match = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/.exec(rest);
    if (match === null) throw new Error(`no label: ${rest}`);
    const [whole, name = '', value = ''] = match;
    if (Object.hasOwn(labels, name)) throw new Error(`the label ${name} comes twice`);
    labels[name] = unescaped(value, true);
    rest = rest.slice(whole.length);
  }
  return labels;
}

function unescaped(text: string, quotes: boolean): string {
  return text.replaceAll(/\\(.)/gs, (_, character: string) => {
    if (character === 'n') return '\n';
    if (character === '\\' || (quotes && character === '"')) return character;
    throw new Error(`\\${character} is no escape`);
  });
}

/** Checks what holds between the samples of each histogram series; answers how many series there were. */
function checkHistogram({ samples }: Family, name: string): number {
  const series = new Map<string, { bounds: number[]; counts: number[]; count?: number; sum?: number }>();
  for (const { name: own, labels, value } of samples) {
    const { le, ...rest } = labels;
    const key = JSON.stringify(rest);
    const one = series.get(key) ?? { bounds: [], counts: [] };
    series.set(key, one);
    if (own === `${name}_bucket`) {
      one.bounds.push(Number(le?.replace('Inf', 'Infinity')));
      one.counts.push(value);
    } else if (own === `${name}_count`) one.count = value;
    else one.sum = value;
  }
  for (const { bounds, counts, count, sum } of series.values()) {
    const ascending = (numbers: readonly number[], strictly: boolean): boolean =>
      numbers.every(
        (number, index) => index === 0 || (strictly ? number > (numbers[index - 1] ?? 0) : number >= (numbers[index - 1] ?? 0)),
      );
    if (!ascending(bounds, true) || !ascending(counts, false)) throw new Error('buckets are out of order');
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY || counts.at(-1) !== count || sum === undefined)
      throw new Error('a histogram is not whole');
  }
  return series.size;
}

const context = { signal: new AbortController().signal };
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

async function serve(sink: PrometheusSink): Promise<number> {
  const server = createServer(sink.handler);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

async function scraped(events: readonly UnderstudyEvent[], options: PrometheusOptions = {}): Promise<Map<string, Family>> {
  const sink = prometheus(options);
  await sink.write(events, context);
  const response = await fetch(`http://127.0.0.1:${await serve(sink)}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parseExposition(await response.text());
}

const samplesOf = (families: Map<string, Family>, name: string): readonly Sample[] => families.get(name)?.samples ?? [];
const valueOf = (
  families: Map<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined =>
  [...families.values()]
    .flatMap((family) => family.samples)
    .find((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    ?.value;

describe('a scrape', () => {
  it('before the first event tells every metric, without a sample', async () => {
    const families = await scraped([]);
    expect([...families].map(([name, { type, samples }]) => [name, type, samples.length])).toEqual([
      ['inference_operation_duration_seconds', 'histogram', 0],
      ['inference_fallback_total', 'counter', 0],
      ['inference_attempt_failures_total', 'counter', 0],
      ['gen_ai_client_operation_duration_seconds', 'histogram', 0],
      ['gen_ai_client_operation_time_to_first_chunk_seconds', 'histogram', 0],
      ['gen_ai_client_token_usage', 'histogram', 0],
      ['inference_usage_cost_total', 'counter', 0],
      ['inference_outcomes_total', 'counter', 0],
      ['inference_shadow_compared_total', 'counter', 0],
      ['inference_circuit_transitions_total', 'counter', 0],
      ['inference_rollout_transitions_total', 'counter', 0],
      ['inference_monitor_changes_total', 'counter', 0],
      ['inference_monitor_alerts_total', 'counter', 0],
      ['inference_telemetry_dropped_total', 'counter', 0],
      ['inference_telemetry_series_overflow_total', 'counter', 0],
      ['inference_circuit_state', 'gauge', 0],
      ['inference_variant_share', 'gauge', 0],
      ['inference_rollout_share', 'gauge', 0],
      ['inference_budget_spent', 'gauge', 0],
      ['inference_budget_limit', 'gauge', 0],
      ['inference_concurrency_active', 'gauge', 0],
      ['inference_concurrency_limit', 'gauge', 0],
      ['inference_queue_length', 'gauge', 0],
      ['inference_cache_lookups_total', 'counter', 0],
      ['inference_guard_decisions_total', 'counter', 0],
      ['inference_drift_statistic', 'gauge', 0],
      ['inference_monitor_value', 'gauge', 0],
      ['inference_monitor_status', 'gauge', 0],
      ['inference_telemetry_unacknowledged_total', 'counter', 0],
      ['inference_control_paused', 'gauge', 0],
    ]);
  });

  it('tells durations in seconds, cumulative, with unit suffix', async () => {
    const durations = [0.05, 0.1, 12, 12, 60_000];
    const families = await scraped(durations.map((durationMs) => sampleDecision({ durationMs })));
    const name = 'inference_operation_duration_seconds';
    expect(checkHistogram(families.get(name) as Family, name)).toBe(1);
    const bucket = (le: string): number | undefined => valueOf(families, `${name}_bucket`, { le });
    expect([bucket('0.0001'), bucket('0.01'), bucket('0.025'), bucket('10'), bucket('+Inf')]).toEqual([2, 2, 4, 4, 5]);
    expect(valueOf(families, `${name}_count`)).toBe(5);
    expect(valueOf(families, `${name}_sum`)).toBeCloseTo(60.02415, 10);
    expect(samplesOf(families, name)[0]?.labels).toEqual({
      inference_model_id: 'claims',
      inference_model_version: '1.0.0',
      inference_variant: 'v1',
      inference_tier: 'model',
      inference_outcome: 'served',
      le: '0.0001',
    });
  });

  it('tells tokens and money of decisions that have usage', async () => {
    const usage = {
      inputTokens: { total: 120, noCache: 120, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: 30, text: 30, reasoning: undefined },
      estimated: false,
      costMicroUsd: 2500,
    };
    const sink = prometheus({ buckets: [1, 2] });
    const unpriced = { ...usage, costMicroUsd: null };
    await sink.write([sampleDecision(), sampleDecision({ usage }), sampleDecision({ usage: unpriced })], {
      signal: new AbortController().signal,
    });
    const text = await sink.render();
    expect(text).toMatch(/gen_ai_client_token_usage_sum\{[^}]*gen_ai_token_type="input"[^}]*\} 240\n/);
    expect(text).toMatch(/gen_ai_client_token_usage_bucket\{le="64"[^}]*gen_ai_token_type="output"[^}]*\} 2\n/);
    expect(text).toMatch(/inference_usage_cost_total\{[^}]*\} 0.0025\n/);
  });

  it('tells rescues, failures, circuits, shadows, outcomes and losses', async () => {
    const families = await scraped([
      sampleRescue(),
      sampleDecision({ outcome: 'failed', tier: 'none', servedBy: '', version: '', degraded: true, errorType: 'NOTHING_SERVED' }),
      sampleCircuit(),
      sampleShadow({ agrees: false }),
      sampleOutcome({ kind: 'override' }),
      sampleDropped({ count: 3 }),
      sampleDropped({ count: 4 }),
      sampleControl(),
    ]);
    expect(valueOf(families, 'inference_fallback_total', { inference_tier: 'rules', inference_variant: 'table' })).toBe(1);
    expect(samplesOf(families, 'inference_fallback_total')).toHaveLength(1);
    expect(valueOf(families, 'inference_attempt_failures_total', { error_type: 'TIMEOUT' })).toBe(1);
    expect(
      valueOf(families, 'inference_operation_duration_seconds_count', {
        error_type: 'NOTHING_SERVED',
        inference_outcome: 'failed',
      }),
    ).toBe(1);
    expect(
      valueOf(families, 'inference_circuit_transitions_total', {
        inference_circuit_from: 'closed',
        inference_circuit_to: 'open',
      }),
    ).toBe(1);
    expect(valueOf(families, 'inference_shadow_compared_total', { inference_shadow_result: 'disagree' })).toBe(1);
    expect(
      valueOf(families, 'inference_outcomes_total', { inference_outcome_kind: 'override', inference_outcome_result: 'counted' }),
    ).toBe(1);
    expect(samplesOf(families, 'inference_telemetry_dropped_total')).toEqual([
      {
        name: 'inference_telemetry_dropped_total',
        labels: {
          inference_telemetry_sink: 'file',
          inference_telemetry_lane: 'routine',
          inference_telemetry_reason: 'queue-full',
        },
        value: 7,
      },
    ]);
  });

  it('has exemplars in a registry that speaks OpenMetrics: the trace of calls that are recorded', async () => {
    const { Registry } = await import('prom-client');
    const registry = new Registry();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    const sink = prometheus({ registry });
    const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true };
    await sink.write(
      [sampleDecision({ trace }), sampleDecision({ trace: { ...trace, traceId: 'c'.repeat(32), sampled: false } })],
      context,
    );
    const text = await sink.render();
    expect(text).toContain(`# {trace_id="${trace.traceId}",span_id="${trace.spanId}"} 0.012`);
    expect(text).not.toContain('c'.repeat(32));
    expect(text.endsWith('# EOF\n')).toBe(true);
    expect(text).toMatch(/^inference_operation_duration_seconds_count\{.*\} 2$/m);
  });

  it('escapes whatever a label holds', async () => {
    const text = fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'n', '{', '}', ',', '=', '\r', '\u2028', '\0', 'é', '😀') });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(text, { maxLength: 5 }), async (models) => {
        const sink = prometheus();
        await sink.write(
          models.map((model) => sampleCircuit({ model })),
          context,
        );
        const families = parseExposition(await sink.render());
        expect(
          samplesOf(families, 'inference_circuit_transitions_total').map((sample) => sample.labels['inference_model_id']),
        ).toEqual(models);
      }),
    );
  });

  it('takes a prefix and buckets', async () => {
    const families = await scraped([sampleDecision()], { prefix: 'claims_', buckets: [0.01, 0.02] });
    expect([...families.keys()].every((name) => /^claims_(inference|gen_ai)_/.test(name))).toBe(true);
    expect(
      samplesOf(families, 'claims_inference_operation_duration_seconds')
        .filter((sample) => sample.labels['le'] !== undefined)
        .map(({ labels, value }) => [labels['le'], value]),
    ).toEqual([
      ['0.01', 0],
      ['0.02', 1],
      ['+Inf', 1],
    ]);
  });

  it('answers GET and HEAD alone', async () => {
    const url = `http://127.0.0.1:${await serve(prometheus())}`;
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const post = await fetch(url, { method: 'POST', body: '{}' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('the limit of series', () => {
  it('puts what is over into one series, and counts it', async () => {
    const models = Array.from({ length: 50 }, (_, index) => `model-${index}`);
    const families = await scraped(
      [...models, ...models].map((model) => sampleCircuit({ model })),
      { seriesLimit: 10 },
    );
    const samples = samplesOf(families, 'inference_circuit_transitions_total');
    expect(samples).toHaveLength(11);
    expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(100);
    expect(samples.at(-1)).toEqual({
      name: 'inference_circuit_transitions_total',
      labels: {
        inference_model_id: 'other',
        inference_variant: 'other',
        inference_circuit_from: 'other',
        inference_circuit_to: 'other',
      },
      value: 80,
    });
    expect(samplesOf(families, 'inference_telemetry_series_overflow_total')).toEqual([
      { name: 'inference_telemetry_series_overflow_total', labels: { metric: 'inference_circuit_transitions_total' }, value: 80 },
    ]);
  });
});

describe('in a runtime', () => {
  it('a scrape counts what was decided a moment ago, every decision whatever the sampling, each once', async () => {
    const sink = prometheus();
    const understudy = createUnderstudy({ sinks: [sink], sampling: { routine: 0.01 } });
    const model = understudy.defineModel(
      { name: 'claims', input: z.object({}), output: z.object({}) },
      { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
    );
    await Promise.all(Array.from({ length: 200 }, () => model.predict({})));
    const count = async (): Promise<number | undefined> =>
      valueOf(parseExposition(await sink.render()), 'inference_operation_duration_seconds_count');
    expect(await Promise.all([count(), count()])).toEqual([200, 200]);
    expect(await count()).toBe(200);
    await understudy.flush();
    expect(await count()).toBe(200);
    expect(understudy.status().sinks).toMatchObject([{ queued: 0, delivered: 200, lost: {} }]);
    await understudy.close();
  });

  it('A18 the names of the runtime are on every metric: of events, of losses, of what holds now', async () => {
    const sink = prometheus();
    const dead = { name: 'dead', write: () => Promise.reject(new Error('down')) };
    const understudy = createUnderstudy({
      sinks: [sink, dead],
      sinkQueue: { attempts: 1 },
      application: 'claims-api',
      environment: 'staging',
    });
    const model = understudy.defineModel(
      { name: 'claims', input: z.object({}), output: z.object({}) },
      { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
    );
    const heard: object[] = [];
    understudy.on('decision', (event) => heard.push(event));
    await model.predict({});
    await understudy.flush();
    await understudy.flush();
    const samples = [...parseExposition(await sink.render()).values()].flatMap((family) => family.samples);
    const names = { inference_application: 'claims-api', inference_environment: 'staging' };
    expect(samples.filter(({ name }) => name.startsWith('inference_telemetry_dropped')).length).toBeGreaterThan(0);
    expect(samples.filter(({ name }) => name === 'inference_control_paused')).toHaveLength(1);
    for (const { labels } of samples) expect(labels).toMatchObject(names);
    expect(heard).toMatchObject([{ application: 'claims-api', environment: 'staging' }]);
    await understudy.close();
  });

  it('B6 gauges show what holds at the moment of the scrape: circuits, shares, pauses, monitors', async () => {
    const sink = prometheus({ prefix: 'app_' });
    const understudy = createUnderstudy({ sinks: [sink] });
    const model = understudy.defineModel(
      { name: 'claims', input: z.object({}), output: z.object({}) },
      {
        variants: {
          v1: { version: '1', predictor: () => ({}), policies: [circuitBreaker()] },
          v2: { version: '2', predictor: () => ({}) },
        },
        champion: 'v1',
        split: { v2: 0.25 },
        monitors: [serviceLevel()],
        fallback: [always({})],
      },
    );
    await model.predict({});
    const read = async (name: string, labels: object = {}): Promise<unknown> =>
      [...parseExposition(await sink.render()).values()]
        .flatMap((family) => family.samples)
        .filter((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
        .map(({ value }) => value);
    const open = { inference_variant: 'v1', inference_circuit_state: 'forced-open' };
    expect(await read('app_inference_circuit_state', open)).toEqual([0]);
    expect(await read('app_inference_circuit_state', { inference_circuit_state: 'closed' })).toEqual([1]);
    model.control.circuit('v1')?.force('forced-open', 'a test');
    expect(await read('app_inference_circuit_state', open)).toEqual([1]);
    expect(await read('app_inference_circuit_state', { inference_circuit_state: 'closed' })).toEqual([0]);
    expect(await read('app_inference_variant_share', { inference_variant: 'v2' })).toEqual([0.25]);
    expect(await read('app_inference_control_paused', { inference_model_id: 'claims' })).toEqual([0]);
    await model.control.pause({ by: { id: 'ada', roles: [] }, reason: 'a test' });
    expect(await read('app_inference_control_paused')).toEqual([1]);
    expect(await read('app_inference_monitor_status')).toHaveLength(4);
    expect(await read('app_inference_rollout_share')).toEqual([]);
    await understudy.close();
  });

  it('refuses options that make no sense, all at once', () => {
    expect(() => prometheus({ prefix: '1-', seriesLimit: 0, buckets: [1, 1] })).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        details: {
          problems: ['prefix', 'seriesLimit', 'buckets'].map((name) => expect.objectContaining({ path: `prometheus.${name}` })),
        },
      }),
    );
    expect(() => prometheus({ buckets: [1, Number.POSITIVE_INFINITY] })).toThrow('buckets');
  });
});

describe('a registry of the user', () => {
  const read = (text: string, name: string): number | undefined => valueOf(parseExposition(text), name);

  it('tells its metrics and these, whoever reads it, with what was decided a moment ago', async () => {
    const registry = new Registry();
    new Counter({ name: 'mine_total', help: 'Mine', registers: [registry] }).inc(3);
    const sink = prometheus({ registry });
    const understudy = createUnderstudy({ sinks: [sink] });
    const model = understudy.defineModel(
      { name: 'claims', input: z.object({}), output: z.object({}) },
      { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
    );
    await sink.render();
    await model.predict({});
    const own = await registry.metrics();
    expect(['mine_total', 'inference_operation_duration_seconds_count'].map((name) => read(own, name))).toEqual([3, 1]);
    expect(await sink.render()).toBe(own);
    await model.predict({});
    expect(await registry.getSingleMetricAsString('inference_operation_duration_seconds')).toMatch(/_count\{.*\} 2$/);
    await model.control.pause({ by: { id: 'ada', roles: [] }, reason: 'a test' });
    expect(await registry.getSingleMetricAsString('inference_control_paused')).toMatch(/ 1$/);
    await understudy.close();
  });

  it('gives its default labels and its format to every metric', async () => {
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(openMetricsContentType);
    registry.setDefaultLabels({ region: 'eu' });
    const sink = prometheus({ registry });
    await sink.write([sampleCircuit()], context);
    const response = await fetch(`http://127.0.0.1:${await serve(sink)}/metrics`);
    expect(response.headers.get('content-type')).toBe(openMetricsContentType);
    expect(sink.contentType).toBe(openMetricsContentType);
    const text = await response.text();
    expect(text).toMatch(/^inference_circuit_transitions_total\{.*region="eu"\} 1$/m);
    expect(text).toMatch(/# EOF\n$/);
  });

  it('has room for two sinks of other prefixes, and refuses a second one of the same, before and after the first was used', async () => {
    const registry = new Registry();
    const [one, two] = [prometheus({ registry }), prometheus({ registry, prefix: 'two_' })];
    const refused = expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      details: {
        problems: [expect.objectContaining({ path: 'prometheus.registry', message: expect.stringContaining('prefix') })],
      },
    });
    expect(() => prometheus({ registry })).toThrow(refused);
    await one.write([sampleCircuit()], context);
    await two.write([sampleCircuit(), sampleCircuit()], context);
    expect(() => prometheus({ registry })).toThrow(refused);
    const text = await registry.metrics();
    const names = ['inference_circuit_transitions_total', 'two_inference_circuit_transitions_total'];
    expect(names.map((name) => read(text, name))).toEqual([1, 2]);
    registry.clear();
    expect(() => prometheus({ registry })).not.toThrow();
  });

  it('that got a metric of such a name in the meantime is told when the sink is used, and gets nothing', async () => {
    const registry = new Registry();
    const sink = prometheus({ registry });
    const mine = new Counter({ name: 'inference_outcomes_total', help: 'Mine', registers: [registry] });
    await expect(sink.render()).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    expect(registry.getMetricsAsArray()).toEqual([mine]);
  });
});

it('a value that is no finite number is left out, and the rest of its batch counts', async () => {
  const families = await scraped([sampleDecision({ durationMs: Number.NaN }), sampleDecision({ durationMs: 1 })]);
  expect(valueOf(families, 'inference_operation_duration_seconds_count')).toBe(1);
});

it('without prom-client says what to install: to a scrape, and to the queue, which counts its events as lost at once', async () => {
  vi.doMock('prom-client', () => {
    throw new Error('Cannot find package');
  });
  vi.resetModules();
  try {
    const { prometheus: withoutPeer } = await import('./prometheus.ts');
    const sink = withoutPeer();
    const message = 'prometheus() needs prom-client, which could not be loaded: npm install prom-client';
    const missing = { code: 'PEER_MISSING', retryable: false, message };
    await expect(sink.write([sampleDecision()], context)).rejects.toMatchObject(missing);
    await expect(sink.render()).rejects.toMatchObject(missing);
    const response = await fetch(`http://127.0.0.1:${await serve(sink)}/metrics`);
    expect([response.status, await response.text()]).toEqual([500, message]);
  } finally {
    vi.doUnmock('prom-client');
    vi.resetModules();
  }
});

const program = process.env['PROMETHEUS_PATH'] ?? '/usr/bin/prometheus';
// On a CI machine a missing Prometheus must fail.
const withPrometheus = existsSync(program) || process.env['CI'] === 'true';
if (!withPrometheus) console.warn(`Skipped: no Prometheus at ${program}. Install one, or set PROMETHEUS_PATH.`);

describe.runIf(withPrometheus)('the real Prometheus', () => {
  it('scrapes it and answers queries over it', async () => {
    const sink = prometheus();
    await sink.write(
      [
        ...Array.from({ length: 99 }, () => sampleDecision({ durationMs: 12 })),
        sampleDecision({ durationMs: 700 }),
        sampleRescue({ model: 'quotes "\\ \n' }),
      ],
      context,
    );
    // What holds: a circuit that real failures opened, and a drift monitor.
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((value) =>
      Array.from({ length: 20 }, () => ({ input: { n: value }, output: { score: value } })),
    );
    const understudy = createUnderstudy({ sinks: [sink], refreshMs: 20 });
    const contract = { name: 'live', input: z.object({ n: z.number() }), output: z.object({ score: z.number() }) };
    const live = understudy.defineModel(contract, {
      variants: {
        v1: {
          version: '1',
          predictor: ({ n }) => {
            if (n > 100) throw new UnderstudyError('HTTP_STATUS', 'down', { retryable: true, details: { status: 503 } });
            return { score: n };
          },
          policies: [circuitBreaker({ openMs: 600_000 })],
        },
      },
      champion: 'v1',
      fallback: [always({ score: 0 })],
      monitors: [drift({ reference: await profileFromRows(values, contract), minCases: 20 })],
    });
    for (let call = 0; call < 300; call++) {
      // oxlint-disable-next-line no-await-in-loop
      await live.predict({ n: call < 200 ? 9 + (call % 2) : 101 });
    }
    await vi.waitFor(() => expect(live.status().monitors?.reports[0]?.readings[0]?.value).toBeGreaterThan(0.2), 10_000);
    await understudy.flush();
    const target = await serve(sink);
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), 'understudy-prometheus-'));
    writeFileSync(
      join(directory, 'prometheus.yml'),
      JSON.stringify({
        scrape_configs: [
          { job_name: 'understudy', scrape_interval: '1s', static_configs: [{ targets: [`127.0.0.1:${target}`] }] },
        ],
      }),
    );
    const server = spawn(
      program,
      [
        `--config.file=${directory}/prometheus.yml`,
        `--storage.tsdb.path=${directory}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const exited = once(server, 'exit');
    const query = async (
      expression: string,
    ): Promise<readonly { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] }[]> => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { data } = (await response.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return data.result;
    };
    try {
      // Its first scrape comes some seconds after its start.
      await expect
        .poll(() => query('inference_fallback_total{inference_model_id!="live"}').catch(() => []), {
          timeout: 120_000,
          interval: 250,
        })
        .toHaveLength(1);
      expect(await query('up')).toMatchObject([{ value: [expect.anything(), '1'] }]);
      expect(await query('inference_fallback_total{inference_model_id!="live"}')).toMatchObject([
        { metric: { inference_model_id: 'quotes "\\ \n', inference_tier: 'rules' }, value: [expect.anything(), '1'] },
      ]);
      expect(await query('inference_operation_duration_seconds_count{inference_model_id="claims"}')).toMatchObject([
        { value: [expect.anything(), '100'] },
      ]);
      const [median] = await query(
        'histogram_quantile(0.5, inference_operation_duration_seconds_bucket{inference_model_id="claims"})',
      );
      expect(Number(median?.value[1])).toBeGreaterThan(0.01);
      expect(Number(median?.value[1])).toBeLessThan(0.025);
      const [p95] = await query(
        'histogram_quantile(0.95, inference_operation_duration_seconds_bucket{inference_model_id="claims"})',
      );
      expect(Number(p95?.value[1])).toBeGreaterThan(0.01);
      expect(Number(p95?.value[1])).toBeLessThan(0.025);
      const { served, degraded } = live.status().calls;
      const [rate] = await query(
        'sum(inference_fallback_total{inference_model_id="live"}) / sum(inference_operation_duration_seconds_count{inference_model_id="live", inference_outcome="served"})',
      );
      expect(Number(rate?.value[1])).toBeCloseTo(degraded / served, 10);
      expect([served, degraded]).toEqual([300, 100]);
      const open = await query('inference_circuit_state{inference_model_id="live"} == 1');
      expect(open.map(({ metric }) => metric['inference_circuit_state'])).toEqual(['open']);
      const statistics = await query(
        'max by (inference_monitor_measure) (inference_drift_statistic{inference_monitor_field="n"})',
      );
      const told = live.status().monitors?.reports[0]?.readings.find(({ field }) => field === 'n');
      expect(statistics.map(({ metric, value }) => [metric['inference_monitor_measure'], Number(value[1])])).toContainEqual([
        told?.measure,
        expect.closeTo(told?.value ?? Number.NaN, 6),
      ]);
      const metadata = (await (
        await fetch(`http://127.0.0.1:${port}/api/v1/metadata?metric=inference_operation_duration_seconds`)
      ).json()) as { data: unknown };
      expect(metadata.data).toMatchObject({
        inference_operation_duration_seconds: [{ type: 'histogram', help: 'Duration of calls of predict, by how they ended' }],
      });
    } finally {
      await understudy.close();
      server.kill('SIGTERM');
      await exited;
      rmSync(directory, { recursive: true, force: true });
    }
  }, 300_000);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
