/** The example: `node --conditions=@understudy/source src/main.ts [--only 2,5]`. */
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { Fleet } from './fleet.ts';
import { type RolloutResult, runRollout } from './rollout-run.ts';
import { openStore } from './store.ts';

const CHAMPION_FAILS = 0.1;
const CHALLENGERS = [
  { version: '2', name: 'half the failures', times: 0.5 },
  { version: '3', name: 'as many failures', times: 1 },
  { version: '4', name: '1.5 times the failures', times: 1.5 },
  { version: '5', name: '3 times the failures', times: 3 },
] as const;

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const challengers = CHALLENGERS.filter(({ version }) => values.only?.split(',').includes(version) ?? true);

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.exitCode = 128 + constants.signals[signal];
    stop.abort();
  });
}

const began = performance.now();

async function deploy(version: string, times: number): Promise<RolloutResult> {
  const failing = { champion: CHAMPION_FAILS, challenger: CHAMPION_FAILS * times };
  const print = (text: string): void => {
    const seconds = (performance.now() - began) / 1000;
    console.log(`${seconds.toFixed(1).padStart(6)} s  version ${version}  ${text}`);
  };
  await using fleet = await Fleet.deploy({ store: store.address, version, failing });
  // Awaited here: the fleet ends with this function.
  return await runRollout(fleet, print, stop.signal);
}

await using store = await openStore();
console.log(`Three processes share ${store.name}. The champion fails one call in ten.`);
const rows: (readonly string[])[] = [['version', 'challenger', 'verdict', 'requests', 'seconds', 'errors of callers']];
try {
  for (const { version, name, times } of challengers) {
    console.log(`\nVersion ${version} is deployed: ${name}.`);
    const { verdict, requests, seconds, errors, faults } = await deploy(version, times);
    rows.push([version, name, verdict, `${requests}`, seconds.toFixed(1), `${errors}`]);
    for (const fault of faults) console.log(`   FAULT: ${fault}`);
    if (faults.length > 0 || errors > 0) process.exitCode = 1;
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  console.log('');
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    );
} catch (error) {
  if (!stop.signal.aborted) throw error;
  console.log('\nStopped.');
}
