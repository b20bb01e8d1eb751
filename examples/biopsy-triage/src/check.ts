/** Tests of the demo: it is run as a visitor runs it, only shorter, and ended in every way that a process can end. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checkRules } from '@understudy/core/rules';
import { testBiopsies } from './biopsies.ts';
import { contract } from './contract.ts';
import { ruleAccuracy } from './rule-accuracy.ts';
import { ruleTable } from './rule-table.ts';
import type { RunSummary } from './summary.ts';

const folder = mkdtempSync(join(tmpdir(), 'biopsy-triage-'));
after(() => rmSync(folder, { recursive: true }));

interface Started {
  readonly demo: ChildProcess;
  /** All that it has written so far. */
  readonly output: () => string;
  readonly ended: Promise<unknown[]>;
  readonly report: string;
}

function start(name: string): Started {
  const report = join(folder, `${name}.html`);
  const program = fileURLToPath(new URL('./main.ts', import.meta.url));
  const demo = spawn(process.execPath, ['--conditions=@understudy/source', program, '--fast', '--report', report], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  demo.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  return { demo, output: () => output, ended: once(demo, 'close'), report };
}

function portOf(output: string): number {
  return Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1]);
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The port of a server that has begun to be asked. */
async function serving({ demo, output }: Started): Promise<number> {
  while (!output().includes('answered')) {
    assert.equal(demo.exitCode, null, output());
    await setTimeout(20);
  }
  const port = portOf(output());
  assert.ok(await isOpen(port));
  return port;
}

await test('every call is answered, whatever the server does, and nothing is left running', async () => {
  const { ended, output, report } = start('whole');
  const [code] = await ended;
  assert.equal(code, 0, output());
  assert.equal(await isOpen(portOf(output())), false);

  const page = readFileSync(report, 'utf8');
  assert.ok(page.length < 150_000, `${page.length} characters`);
  assert.doesNotMatch(page, /(?:src|href)=|url\(|@import/, 'the report needs nothing from elsewhere');
  const json = /<script type="application\/json" id="summary">(.*)<\/script>/.exec(page)?.[1] ?? '';
  const { phases, all, recovery, outcomes } = JSON.parse(json) as RunSummary;

  assert.ok(all.understudy.calls > 500);
  assert.equal(all.understudy.answered, all.understudy.calls);
  assert.equal(all.bare.calls, all.understudy.calls);
  assert.ok(all.bare.answered < 0.7 * all.bare.calls, `bare: ${all.bare.answered} of ${all.bare.calls}`);
  assert.ok(all.bare.impossible > 0);
  assert.ok(all.understudy.right >= 0.9 * all.understudy.calls, `right: ${all.understudy.right}`);
  assert.equal(outcomes, all.understudy.calls);
  assert.ok(all.shadow.agreements > 0.8 * all.shadow.pairs);
  assert.ok(all.spared > 0);
  assert.ok(recovery.modelMs !== null && recovery.circuitMs !== null);

  assert.deepEqual(
    phases.map(({ phase }) => phase),
    ['healthy', 'slow', '503', 'broken', 'killed', 'back'],
  );
  for (const { phase, expected, understudy } of phases) {
    const served = expected === 'model' ? understudy.byModel : understudy.byRules;
    assert.ok(served > understudy.calls / 10, `${phase}: ${served} of ${understudy.calls} by ${expected}`);
  }
  const reasons = phases.filter(({ expected }) => expected === 'rules').map(({ reason }) => reason ?? '');
  assert.match(reasons[0] ?? '', /did not answer within/);
  assert.match(reasons[1] ?? '', /answered 503/);
  assert.match(reasons[3] ?? '', /could not be reached|connection/);

  const [table] = output().match(/whole run[^\n]*\n[^\n]*/) ?? [];
  assert.match(table ?? '', /bare +\d\d\.\d %[^]*Understudy +100\.0 %/);
});

for (const [signal, expected] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  await test(`${signal} ends the demo and its server`, async () => {
    const started = start(signal);
    const port = await serving(started);
    started.demo.kill(signal);
    const [code] = await started.ended;
    assert.equal(code, expected, started.output());
    assert.equal(await isOpen(port), false);
    assert.equal(existsSync(started.report), false);
  });
}

await test('a demo that is killed takes its server along', async () => {
  const started = start('SIGKILL');
  const port = await serving(started);
  started.demo.kill('SIGKILL');
  await started.ended;
  // The server learns of it when its channel closes.
  for (let tries = 0; (await isOpen(port)) && tries < 200; tries++) await setTimeout(50);
  assert.equal(await isOpen(port), false);
});

await test('the rules leave no gap, have no unreachable row, and fit the contract', () => {
  const { complete, findings } = checkRules(ruleTable, contract);
  assert.equal(complete, true);
  assert.deepEqual(
    findings.filter(({ severity }) => severity !== 'info'),
    [],
  );
});

await test('the rules are right for 93.9 % of the rows that they have not seen', () => {
  assert.equal(ruleAccuracy(ruleTable, testBiopsies()).toFixed(3), '0.939');
});
