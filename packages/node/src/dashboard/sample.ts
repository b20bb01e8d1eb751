import type { ModelStatus } from '@understudy/core';
import { NO_CALLS } from './durations.ts';
import type { ModelFeed } from './model-feed.ts';
import { keyOf, type Series, type Thinning } from './series.ts';

/** Readings of one monitor that are followed over time. */
const FOLLOWED = 8;
const CODES = { insufficient: 0, ok: 1, warn: 2, breach: 3 } as const;

type Values = Map<string, { readonly value: number | null; readonly thinning?: Thinning }>;

/** What a status says at this moment, as a point of the model's series. */
export function sampleOf(status: ModelStatus, feed: ModelFeed): Values {
  const values: Values = new Map();
  const put = (key: string, value: number | null, thinning: Thinning = 'last'): void => {
    values.set(key, { value, thinning });
  };
  const { calls, servedByTier, variants, rollout, monitors } = status;
  put('calls/total', calls.total);
  put('calls/failed', calls.failed);
  put('calls/degraded', calls.degraded);
  for (const [tier, count] of Object.entries(servedByTier)) put(keyOf('tier', tier), count);
  for (const [name, value] of Object.entries(feed.all.take())) put(keyOf('latency', name), value, 'largest');
  for (const [name, { served, failures, share }] of Object.entries(variants)) {
    put(keyOf('variant', name, 'served'), served);
    put(keyOf('variant', name, 'failures'), failures);
    put(keyOf('variant', name, 'share'), share);
    const quantiles = feed.durations.get(name)?.take() ?? NO_CALLS;
    for (const [quantile, value] of Object.entries(quantiles)) put(keyOf('variant', name, quantile), value, 'largest');
  }
  for (const [name, { inputTokens, outputTokens, costMicroUsd }] of feed.spend) {
    put(keyOf('spend', name, 'cost'), costMicroUsd);
    put(keyOf('spend', name, 'input'), inputTokens);
    put(keyOf('spend', name, 'output'), outputTokens);
  }
  if (rollout !== undefined) {
    put(keyOf('rollout', rollout.id, 'share'), rollout.share);
    for (const { gate, logHarm, logHarmLimit, logProof, logProofLimit } of rollout.gates) {
      const of = (what: string): string => keyOf('gate', rollout.id, gate, what);
      put(of('harm'), logHarm);
      put(of('harmLimit'), logHarmLimit);
      put(of('proof'), logProof);
      put(of('proofLimit'), logProofLimit);
    }
  }
  for (const { monitor, readings } of monitors?.reports ?? []) followed(monitor, readings, feed.series, put);
  return values;
}

type Readings = NonNullable<ModelStatus['monitors']>['reports'][number]['readings'];

/** The worst readings, and those that were followed before: the order changes, a line should not end for that. */
function followed(monitor: string, readings: Readings, series: Series, put: (key: string, value: number | null) => void): void {
  const keyed = readings.map((reading) => ({ reading, key: readingKey(monitor, reading) }));
  const known = keyed.filter(({ key }) => series.has(`${key}/value`)).slice(0, FOLLOWED);
  const others = keyed.filter((one) => !known.includes(one)).slice(0, FOLLOWED - known.length);
  for (const { reading, key } of [...known, ...others]) {
    put(`${key}/value`, reading.value);
    put(`${key}/lower`, reading.interval?.[0] ?? null);
    put(`${key}/upper`, reading.interval?.[1] ?? null);
    put(`${key}/limit`, reading.limit);
    put(`${key}/status`, CODES[reading.status]);
  }
}

/** What a reading is about, beside its monitor. */
const readingKey = (monitor: string, { measure, field, segment }: Readings[number]): string =>
  keyOf('monitor', monitor, measure, field ?? '', segment ?? '');
