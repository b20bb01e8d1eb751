import { type ModelStatus, UnderstudyError } from '@understudy/core';
import * as z from 'zod';
import { problemLines, readJson } from './read-json.ts';

/** So many problems are told one by one. */
const TOLD = 10;
const GOT_MOST = 60;

const text = z.string();
const flag = z.boolean();
/** `null` is what JSON makes of NaN and of what is not known. */
const number = z.number().nullable();
/** The same schema for each name. */
const each = <T extends z.ZodType>(names: readonly string[], schema: T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, schema]));

const quantiles = z.object(each(['p50', 'p90', 'p99'], number));
const status = z.enum(['ok', 'warn', 'breach', 'insufficient']);
const reading = z.object({
  measure: text,
  field: text.optional(),
  segment: text.optional(),
  ...each(['n', 'value', 'limit'], number),
  interval: z.array(number).nullable(),
  status,
  reason: text,
});
const variant = z.object({
  version: text,
  role: text,
  isolated: flag,
  ...each(['share', 'served', 'failures'], number),
  shadow: z.object(each(['pairs', 'agreement'], number)).optional(),
});
const gate = z.object({
  gate: text,
  required: flag,
  verdict: text,
  reason: text,
  ...each(
    ['logProof', 'logProofLimit', 'logHarm', 'logHarmLimit', 'estimate', 'bound', 'champion', 'challenger', 'needed'],
    number,
  ),
});
const rollout = z.object({
  id: text,
  phase: text,
  held: text.nullable(),
  inconclusive: flag,
  approval: z.enum(['none', 'awaited', 'given']),
  blocked: z.object({ cause: text, reason: text }).nullable(),
  gates: z.array(gate),
  units: z.object(each(['champion', 'challenger'], number)),
  history: z.array(z.object({ at: number, from: text, to: text, by: text, reason: text })),
  ...each(['share', 'enteredAt', 'pairs'], number),
});
const sample = z.object(each(['n', 'missing'], number));
const bin = z.object({
  range: z.array(number).optional(),
  label: text.nullable().optional(),
  ...each(['reference', 'live'], number),
});
const distribution = z.object({
  field: text,
  segment: text.optional(),
  reference: sample,
  live: sample,
  bins: z.array(bin),
});
const monitor = z.object({
  monitor: text,
  kind: text,
  status,
  since: number,
  readings: z.array(reading),
  distributions: z.array(distribution).optional(),
});
const monitors = z.object({
  reports: z.array(monitor),
  outcomes: z.object({
    byTier: z.record(text, z.object(each(['decisions', 'known'], number))),
    delayMs: quantiles,
    ...each(['pending', 'forgotten'], number),
  }),
});
/** What a report reads of `model.status()`. */
const modelStatus = z.object({
  model: text,
  champion: text,
  control: z.object({ pinned: text.nullable(), isolated: z.array(text), paused: flag, pausedBy: z.array(text) }),
  calls: z.object(each(['total', 'served', 'degraded', 'failed', 'cancelled', 'invalidInput'], number)),
  availability: number,
  servedByTier: z.object(each(['model', 'cache', 'rules', 'always'], number)),
  latencyMs: quantiles,
  variants: z.record(text, variant),
  fallback: z.array(z.object({ kind: text, name: text, version: text, served: number })),
  outcomes: z.object(each(['counted', 'duplicate', 'unknown', 'late', 'forged'], number)),
  rollout: rollout.optional(),
  monitors: monitors.optional(),
});

/** How messages name what zod expects. */
const EXPECTED: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  string: 'a text',
  number: 'a number or null',
  boolean: 'true or false',
};

function message(issue: z.core.$ZodRawIssue): string {
  const expected = issue.code === 'invalid_value' ? `one of ${issue.values.join(', ')}` : EXPECTED[String(issue['expected'])];
  const got = issue.input === undefined ? 'nothing' : JSON.stringify(issue.input);
  return `expected ${expected ?? 'something else'}, got ${got.length <= GOT_MOST ? got : `${got.slice(0, GOT_MOST)}…`}`;
}

/** The models of the status of a runtime. */
function modelsOf(json: unknown): unknown {
  const { models } = Object(json) as { readonly models?: unknown };
  return Array.isArray(models) ? models : undefined;
}

/**
 * The status of a model, or of several: in a list, or as `JSON.stringify(understudy.status())` writes them.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` that names the file and each field with what was expected
 */
export async function readStatus(file: string): Promise<readonly ModelStatus[]> {
  const read = await readJson(file);
  const json = modelsOf(read) ?? read;
  const { error } = (Array.isArray(json) ? z.array(modelStatus) : modelStatus).safeParse(json, { error: message });
  if (error === undefined) return [json].flat() as readonly ModelStatus[];
  const problems = problemLines(error);
  const others = problems.length > TOLD ? `\n  and ${problems.length - TOLD} more` : '';
  throw new UnderstudyError(
    'CONFIGURATION_INVALID',
    `${file}: is no status of a model:\n  ${problems.slice(0, TOLD).join('\n  ')}${others}\nWrite it with JSON.stringify(model.status()).`,
    { details: { path: file } },
  );
}
