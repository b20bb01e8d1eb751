/**
 * The full verification: every gate, at most two at once, and a summary.
 * `npm test -- --only types,tests` runs those gates and what they need. Logs stay in .verify/.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, type WriteStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { parseArgs } from 'node:util';

interface Gate {
  readonly name: string;
  /** Shell commands, run one after the other, all of them. */
  readonly commands: readonly string[];
  /** Gates that must have passed before. */
  readonly after?: readonly string[];
  /** Uses both cores by itself. */
  readonly alone?: boolean;
  /** Runs vitest: each test counts. */
  readonly counted?: boolean;
}

interface Result {
  readonly gate: Gate;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
}

const LOGS = '.verify';
/** A gate that takes longer hangs: far above any, on a machine with a load of 16 too. */
const LIMIT_MS = 2_400_000;
const logOf = (gate: Gate): string => `${LOGS}/${gate.name}.log`;
const reportOf = (gate: Gate): string => `${LOGS}/${gate.name}.json`;

const vitest = (name: string, projects: readonly string[], more: Partial<Gate> = {}): Gate => ({
  name,
  counted: true,
  commands: [
    `vitest run ${projects.map((project) => `--project ${project}`).join(' ')} --reporter=dot --reporter=json --outputFile.json=${LOGS}/${name}.json`,
  ],
  ...more,
});

const programs = [
  'tsconfig.json',
  'packages/node/dashboard',
  'examples/web-pages',
  ...['core', 'node', 'browser'].flatMap((name) => [`packages/${name}`, `packages/${name}/tsconfig.build.json`]),
];
const check = (compiler: string): string[] => programs.map((program) => `${compiler} -p ${program}`);

const gates: readonly Gate[] = [
  { name: 'types', commands: check('node node_modules/typescript/bin/tsc') },
  { name: 'types-7', commands: check('node node_modules/typescript-7/bin/tsc') },
  { name: 'lint', commands: ['oxlint --type-aware --deny-warnings'] },
  { name: 'format', commands: ['oxfmt --check'] },
  { name: 'boundaries', commands: ['node scripts/boundaries.ts'] },
  vitest('tests', ['node', 'types', 'browser', 'report'], { alone: true }),
  vitest('simulations', ['simulations'], { alone: true }),
  // Its processes mostly wait.
  vitest('fleet', ['fleet']),
  { name: 'build', commands: ['pnpm run --silent build'] },
  { name: 'publint', after: ['build'], commands: ['pnpm --filter "./packages/*" exec publint --strict'] },
  { name: 'attw', after: ['build'], commands: ['pnpm --filter "./packages/*" exec attw --pack . --profile esm-only'] },
  { name: 'api-report', after: ['build'], commands: ['node scripts/api-report.ts'] },
  { name: 'knip', commands: ['knip'] },
  { name: 'size', after: ['build'], commands: ['size-limit'] },
  { name: 'typedoc', commands: ['pnpm run --silent docs:api'] },
  vitest('packages', ['packages'], { after: ['build'] }),
  vitest('docs', ['docs']),
  { name: 'examples', commands: ['pnpm --filter "./examples/*" --workspace-concurrency 1 run --if-present check'] },
];

const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1' };
delete env['FORCE_COLOR'];

/** Process groups of the commands that run: a terminal's Ctrl-C does not reach them. */
const groups = new Set<number>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const group of groups) process.kill(-group, 'SIGKILL');
    process.exit(1);
  });
}

/** Runs one shell command into `log`; answers whether it succeeded. */
async function execute(command: string, log: WriteStream): Promise<boolean> {
  log.write(`$ ${command}\n`);
  const child = spawn(command, { shell: true, detached: true, stdio: ['ignore', log, log], env });
  const { pid } = child;
  if (pid === undefined) return false;
  groups.add(pid);
  const limit = setTimeout(() => {
    log.write(`Stopped after ${LIMIT_MS / 1000} s\n`);
    process.kill(-pid, 'SIGKILL');
  }, LIMIT_MS);
  const [code] = (await once(child, 'close')) as unknown[];
  clearTimeout(limit);
  groups.delete(pid);
  return code === 0;
}

async function run(gate: Gate): Promise<Result> {
  const started = performance.now();
  const log = createWriteStream(logOf(gate));
  await once(log, 'open');
  let broken = false;
  for (const command of gate.commands) broken = !(await execute(command, log)) || broken;
  log.end();
  const seconds = (performance.now() - started) / 1000;
  if (!gate.counted) return { gate, seconds, passed: broken ? 0 : 1, failed: broken ? 1 : 0, skipped: 0 };

  const report = existsSync(reportOf(gate)) ? (JSON.parse(readFileSync(reportOf(gate), 'utf8')) as Record<string, number>) : {};
  const { numPassedTests: passed = 0, numFailedTests: failures = 0, numPendingTests: skipped = 0 } = report;
  // A file that does not load, or an unhandled rejection, fails the run without a failed test.
  const failed = failures > 0 ? failures : Number(broken || passed === 0);
  return { gate, seconds, passed, failed, skipped };
}

function announce({ gate, passed, failed, skipped, seconds }: Result): void {
  const count = gate.counted ? ` ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}` : '';
  console.log(`${failed === 0 ? '✓' : '✗'} ${gate.name.padEnd(12)}${seconds.toFixed(1).padStart(6)} s${count}`);
  if (failed > 0 && existsSync(logOf(gate))) {
    console.log(readFileSync(logOf(gate), 'utf8').split('\n').slice(-150).join('\n').replace(/^/gm, '    '));
  }
}

async function runAll(selected: readonly Gate[]): Promise<Result[]> {
  const waiting = new Set(selected);
  const running = new Map<Gate, Promise<void>>();
  const results: Result[] = [];
  const finish = (result: Result): void => {
    results.push(result);
    announce(result);
  };
  const outcome = (name: string): Result | undefined => results.find((result) => result.gate.name === name);

  while (waiting.size > 0 || running.size > 0) {
    for (const gate of waiting) {
      const needed = (gate.after ?? []).map(outcome);
      const busy = [...running.keys()];
      if (needed.some((result) => result !== undefined && result.failed > 0)) {
        waiting.delete(gate);
        finish({ gate, passed: 0, failed: 1, skipped: 0, seconds: 0 });
      } else if (needed.every((result) => result !== undefined)) {
        if (busy.length >= 2 || busy.some((other) => other.alone) || (gate.alone && busy.length > 0)) break;
        waiting.delete(gate);
        running.set(
          gate,
          run(gate)
            .then(finish)
            .finally(() => running.delete(gate)),
        );
      }
    }
    await Promise.race(running.values());
  }
  return results;
}

function select(only: string | undefined): Gate[] {
  if (only === undefined) return [...gates];
  const wanted = new Set(only.split(','));
  const unknown = [...wanted].filter((name) => !gates.some((gate) => gate.name === name));
  if (unknown.length > 0) throw new Error(`No gate ${unknown.join(', ')}. Gates: ${gates.map((gate) => gate.name).join(', ')}.`);
  for (const gate of gates) if (wanted.has(gate.name)) for (const name of gate.after ?? []) wanted.add(name);
  return gates.filter((gate) => wanted.has(gate.name));
}

const { values } = parseArgs({ options: { only: { type: 'string' } } });
rmSync(LOGS, { recursive: true, force: true });
mkdirSync(LOGS);
const started = performance.now();
const results = await runAll(select(values.only));
const sum = (count: (result: Result) => number): number => results.reduce((total, result) => total + count(result), 0);
const [passed, failed, skipped] = [
  sum((result) => result.passed),
  sum((result) => result.failed),
  sum((result) => result.skipped),
];
const broken = results.filter((result) => result.failed > 0).map((result) => result.gate.name);

console.log(
  `\n${results.length} gates in ${((performance.now() - started) / 1000).toFixed(0)} s. Each test counts, and each other gate as one.`,
);
if (skipped > 0) console.log(`${skipped} tests skipped.`);
if (broken.length > 0) console.log(`Failed: ${broken.join(', ')}. Logs are in ${LOGS}/.`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
