/**
 * Runs the benchmarks: `pnpm run bench`, with `--only policies,predict` for some, `--quick` to try, `--write` to write the
 * tables into the docs.
 */
import { parseArgs } from 'node:util';
import { seededRandom } from '@understudy/core/testing';
import type { Effort } from './harness.ts';
import { describeRun } from './machine.ts';
import { writeSection } from './page.ts';
import { markdown, metText, rounded, type Table, type Verdict } from './table.ts';
import type { Topic } from './topic.ts';
import { conformancePeers } from './conformance-peers.ts';
import { adaptive } from './topics/adaptive.ts';
import { callsMemory } from './topics/calls-memory.ts';
import { monitoring } from './topics/monitoring.ts';
import { monitoringMemory } from './topics/monitoring-memory.ts';
import { fallback } from './topics/fallback.ts';
import { heap } from './topics/heap.ts';
import { ids } from './topics/ids.ts';
import { inFlight } from './topics/in-flight.ts';
import { ledgerRecords } from './topics/ledger.ts';
import { policies } from './topics/policies.ts';
import { predict } from './topics/predict.ts';
import { rejections } from './topics/rejections.ts';
import { rollout } from './topics/rollout.ts';
import { ruleTables } from './topics/rules.ts';
import { shadow } from './topics/shadow.ts';
import { sizes } from './topics/sizes.ts';
import { streams } from './topics/streams.ts';
import { telemetry } from './topics/telemetry.ts';

const PAGE = 'docs/benchmarks.md';
const TOPICS: readonly Topic[] = [
  policies,
  rejections,
  inFlight,
  predict,
  fallback,
  shadow,
  heap,
  callsMemory,
  rollout,
  monitoring,
  monitoringMemory,
  ruleTables,
  ids,
  ledgerRecords,
  telemetry,
  sizes,
  streams,
  adaptive,
  conformancePeers,
];

const { values } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
});

function selected(): readonly Topic[] {
  if (values.only === undefined) return TOPICS;
  const wanted = values.only.split(',');
  const unknown = wanted.filter((name) => !TOPICS.some((topic) => topic.name === name));
  if (unknown.length > 0)
    throw new Error(`No topic ${unknown.join(', ')}. Topics: ${TOPICS.map(({ name }) => name).join(', ')}.`);
  return TOPICS.filter(({ name }) => wanted.includes(name));
}

function summary(verdicts: readonly Verdict[]): string {
  const missed = verdicts.filter(({ measured, target }) => measured > target);
  const list = missed.map(
    (verdict) => `- ${verdict.what}: ${rounded(verdict.measured)} instead of ${rounded(verdict.target)}, ${metText(verdict)}`,
  );
  return [
    `${verdicts.length - missed.length} of ${verdicts.length} targets were met.`,
    ...(list.length > 0 ? ['', ...list] : []),
  ].join('\n');
}

const pageOf = ({ page = PAGE }: Topic): string => page;
const topics = selected();
const missing = TOPICS.filter((topic) => !topics.includes(topic) && topics.some((other) => pageOf(other) === pageOf(topic)));
if (values.write && (values.quick || missing.length > 0))
  throw new Error('--write writes whole pages: give it without --quick, and with every topic of a page.');

const started = performance.now();
const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(0).padStart(3)} s`;
const live = process.stderr.isTTY;
const pages = new Map<string, Table[]>();
for (const [index, topic] of topics.entries()) {
  const line = `[${index + 1}/${topics.length}] ${topic.name}`;
  const progress = (share: number): void => {
    if (live) process.stderr.write(`\r\u001B[K${seconds()} ${line} ${(share * 100).toFixed(0)} %`);
  };
  if (!live) console.error(`${seconds()} ${line}`);
  const effort: Effort = { rounds: values.quick ? 9 : 81, random: seededRandom(index + 1), progress };
  const tables = await topic.run(effort);
  if (live) process.stderr.write('\r\u001B[K');
  for (const table of tables) console.log(`${markdown(table)}\n`);
  pages.set(pageOf(topic), [...(pages.get(pageOf(topic)) ?? []), ...tables]);
}

const command = `pnpm run bench ${process.argv.slice(2).join(' ')}`.trim();
for (const [page, tables] of pages) {
  const verdicts = tables.flatMap((table) => table.verdicts);
  const head = verdicts.length === 0 ? [] : [summary(verdicts)];
  for (const text of head) console.log(text);
  if (values.write) writeSection(page, [`Measured ${describeRun(command)}`, ...head, ...tables.map(markdown)].join('\n\n'));
}
console.log(`\nMeasured ${describeRun(command)} ${seconds()}`);
// A case that a peer failed may have left thousands of its calls behind, whose timers run for minutes.
process.exit();
