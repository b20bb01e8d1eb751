import type { ModelStatus } from '@understudy/core';
import { UnderstudyError } from '@understudy/core';
import { each, flag, listOf, nullable, number, objectOf, oneOf, optional, recordOf, text } from './json-shape.ts';
import { readJson } from './read-json.ts';

/** So many problems are told one by one. */
const TOLD = 10;

const quantiles = objectOf(each(['p50', 'p90', 'p99'], number));
const status = oneOf('ok', 'warn', 'breach', 'insufficient');
const reading = objectOf({
  measure: text,
  field: optional(text),
  segment: optional(text),
  ...each(['n', 'value', 'limit'], number),
  interval: nullable(listOf(number)),
  status,
  reason: text,
});
const variant = objectOf({
  version: text,
  role: text,
  isolated: flag,
  ...each(['share', 'served', 'failures'], number),
  shadow: optional(objectOf(each(['pairs', 'agreement'], number))),
});
const gate = objectOf({
  gate: text,
  required: flag,
  verdict: text,
  reason: text,
  ...each(
    ['logProof', 'logProofLimit', 'logHarm', 'logHarmLimit', 'estimate', 'bound', 'champion', 'challenger', 'needed'],
    number,
  ),
});
const rollout = objectOf({
  id: text,
  phase: text,
  held: nullable(text),
  inconclusive: flag,
  approval: oneOf('none', 'awaited', 'given'),
  blocked: nullable(objectOf({ by: text, reason: text })),
  gates: listOf(gate),
  units: objectOf(each(['champion', 'challenger'], number)),
  history: listOf(objectOf({ at: number, from: text, to: text, by: text, reason: text })),
  ...each(['share', 'enteredAt', 'pairs'], number),
});
const sample = objectOf(each(['n', 'missing'], number));
const bin = objectOf({
  range: optional(listOf(number)),
  label: optional(nullable(text)),
  ...each(['reference', 'live'], number),
});
const distribution = objectOf({
  field: text,
  segment: optional(text),
  reference: sample,
  live: sample,
  bins: listOf(bin),
});
const monitor = objectOf({
  monitor: text,
  kind: text,
  status,
  since: number,
  readings: listOf(reading),
  distributions: optional(listOf(distribution)),
});
const monitoring = objectOf({
  monitors: listOf(monitor),
  outcomes: objectOf({
    byTier: recordOf(objectOf(each(['decisions', 'known'], number))),
    delayMs: quantiles,
    ...each(['pending', 'forgotten'], number),
  }),
});
/** What a report reads of `model.status()`. */
const modelStatus = objectOf({
  model: text,
  champion: text,
  control: objectOf({ pinned: nullable(text), isolated: listOf(text), paused: flag, pausedBy: listOf(text) }),
  calls: objectOf(each(['total', 'served', 'degraded', 'failed', 'cancelled', 'invalidInput'], number)),
  availability: number,
  servedByTier: objectOf(each(['model', 'cache', 'rules', 'always'], number)),
  latencyMs: quantiles,
  variants: recordOf(variant),
  tiers: listOf(objectOf({ kind: text, name: text, version: text, served: number })),
  outcomes: objectOf(each(['counted', 'duplicate', 'unknown', 'late', 'forged'], number)),
  rollout: optional(rollout),
  monitoring: optional(monitoring),
});

/**
 * The status of a model, or of several in a list, as `JSON.stringify(model.status())` writes it.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` that names the file and each field with what was expected
 */
export async function readStatus(file: string): Promise<readonly ModelStatus[]> {
  const json = await readJson(file);
  const problems: string[] = [];
  const shape = Array.isArray(json) ? listOf(modelStatus) : modelStatus;
  shape(json, '', problems);
  if (problems.length === 0) return [json].flat() as readonly ModelStatus[];
  const others = problems.length > TOLD ? `\n  and ${problems.length - TOLD} more` : '';
  throw new UnderstudyError(
    'CONFIGURATION_INVALID',
    `${file}: is no status of a model:\n  ${problems.slice(0, TOLD).join('\n  ')}${others}\nWrite it with JSON.stringify(model.status()).`,
    { details: { path: file } },
  );
}
