/**
 * What readers of a stream see when an endpoint fails, with this library and with others: `npm run --silent faults`, with `--write` to write the
 * table into docs/faults.md.
 */
import { parseArgs } from 'node:util';
import { llmServer } from '../../../packages/core/tests/support/llm-server.ts';
import { writeSection } from '../page.ts';
import { markdown } from '../table.ts';
import { ANSWER, type FaultCase, FAULTS, REFUSAL } from './faults.ts';
import { TOOLS, type Tool } from './tools.ts';

/** A reader that has waited so long, in milliseconds, gives up: the tool hangs. */
const PATIENCE_MS = 12_000;
const PRICES = { m: { input: 1, output: 10 } };
const USAGE = { input: 1000, output: 10 };

interface Cell {
  readonly verdict: 'whole' | 'refusal' | 'error' | 'part, error' | 'short' | 'empty' | 'hangs' | 'twice';
  readonly text: string;
  readonly error: string;
  /** Requests to the first endpoint and to the second. */
  readonly calls: readonly [number, number];
  readonly costMicroUsd: number;
  readonly ms: number;
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  const isOurs = error.name === 'UnderstudyError' || error.constructor.name === 'UnderstudyError';
  if (isOurs && typeof code === 'string') return code;
  const cause =
    error.cause instanceof Error && error.cause.constructor.name === 'UnderstudyError' ? ` (${nameOf(error.cause)})` : '';
  return `${error.constructor.name}${cause}`;
}

function verdictOf(text: string, error: unknown, hangs: boolean): Cell['verdict'] {
  if (hangs) return 'hangs';
  if (error !== undefined) return text === '' ? 'error' : 'part, error';
  if (text === ANSWER) return 'whole';
  if (text === REFUSAL) return 'refusal';
  if (text === '') return 'empty';
  return ANSWER.startsWith(text) ? 'short' : 'twice';
}

async function run(fault: FaultCase, tool: Tool): Promise<Cell> {
  const { turn } = fault;
  const script = (answer: object) => () => ({ usage: USAGE, ...answer });
  await using first = await llmServer({ prices: PRICES, script: script(turn === 'down' ? {} : turn) });
  await using second = await llmServer({ prices: PRICES, script: script({ text: ANSWER, betweenMs: 10 }) });
  if (turn === 'down') await first.down();
  let text = '';
  let error: unknown;
  let hangs = false;
  const left = new AbortController();
  const began = performance.now();
  const timer = setTimeout(() => {
    hangs = true;
    left.abort();
  }, PATIENCE_MS);
  const patience = new Promise<void>((done) => left.signal.addEventListener('abort', () => setTimeout(done, 100)));
  try {
    await Promise.race([
      patience,
      tool.read({
        first: first.url,
        second: second.url,
        signal: left.signal,
        told: (more) => {
          text += more;
        },
      }),
    ]);
  } catch (thrown) {
    error = thrown;
  }
  clearTimeout(timer);
  const ms = performance.now() - began;
  // What was left is billed when the server sees that.
  await new Promise((done) => setTimeout(done, 50));
  return {
    verdict: verdictOf(text, error, hangs),
    text,
    error: error === undefined || hangs ? '' : nameOf(error),
    calls: [first.requests.length, second.requests.length],
    costMicroUsd: first.account.costMicroUsd + second.account.costMicroUsd,
    ms,
  };
}

function shown({ verdict, text, error, calls, costMicroUsd, ms }: Cell, { hasSecond }: Tool): string {
  const words = text === '' ? 0 : text.trim().split(/\s+/).length;
  const seen: Readonly<Record<Cell['verdict'], string>> = {
    whole: '✓ whole',
    refusal: '✓ the refusal',
    error: `✗ ${error}`,
    'part, error': `✗ ${words} words, ${error}`,
    short: `✗✗ ${words} words as if whole`,
    empty: '✗✗ nothing, as if whole',
    hangs: `✗✗ hangs after ${words} words`,
    twice: `✗✗ text said twice`,
  };
  const asked = hasSecond ? `${calls[0]} + ${calls[1]}` : `${calls[0]}`;
  return `${seen[verdict]}<br>${asked} calls, ${costMicroUsd} µ$, ${(ms / 1000).toFixed(1)} s`;
}

// What a tool throws beside its result must not end the run.
let stray = 0;
process.on('unhandledRejection', () => stray++).on('uncaughtException', () => stray++);
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const rows: string[][] = [];
const scores = TOOLS.map(() => ({ whole: 0, honest: 0, wrong: 0, calls: 0, costMicroUsd: 0 }));
for (const fault of FAULTS) {
  // oxlint-disable-next-line no-await-in-loop -- rows must not slow each other down
  const cells = await Promise.all(TOOLS.map((tool) => run(fault, tool)));
  rows.push([fault.name, ...cells.map((cell, index) => shown(cell, TOOLS[index] as Tool))]);
  for (const [index, { verdict, calls, costMicroUsd }] of cells.entries()) {
    const score = scores[index];
    if (score === undefined) continue;
    if (verdict === 'whole') score.whole++;
    else if (verdict === 'error' || verdict === 'part, error' || verdict === 'refusal') score.honest++;
    else score.wrong++;
    score.calls += calls[0] + calls[1];
    score.costMicroUsd += costMicroUsd;
  }
  process.stderr.write('.');
}
process.stderr.write('\n');
const table = markdown({
  title: 'Faults of the first endpoint',
  columns: ['fault', ...TOOLS.map(({ name }) => name)],
  rows,
  notes: [],
  verdicts: [],
});
const summary = markdown({
  title: 'In sum',
  columns: ['tool', 'whole answers', 'told: errors, a refusal', 'silent losses and hangs', 'calls', 'µ$'],
  rows: TOOLS.map(({ name }, index) => {
    const { whole = 0, honest = 0, wrong = 0, calls = 0, costMicroUsd = 0 } = scores[index] ?? {};
    return [name, `${whole} of ${FAULTS.length}`, String(honest), String(wrong), String(calls), String(costMicroUsd)];
  }),
  verdicts: [],
  notes: stray === 0 ? [] : [`${stray} rejections that nobody handled.`],
});
console.log(`${summary}\n\n${table}`);
if (values.write) writeSection('docs/faults.md', `${summary}\n\n${table}`);
