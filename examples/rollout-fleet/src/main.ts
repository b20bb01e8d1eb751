/** The example: `node --conditions=@understudy/source src/main.ts [--fast]`. */
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { Fleet } from './fleet.ts';
import { type RolloutResult, runRollout } from './rollout-run.ts';
import { openStore } from './store.ts';

const CHAMPION_FAILS = 0.1;
const CHALLENGERS = [
  { name: 'half the failures', times: 0.5 },
  { name: 'as many failures', times: 1 },
  { name: '1.5 times the failures', times: 1.5 },
  { name: '3 times the failures', times: 3 },
] as const;

const { values } = parseArgs({ options: { fast: { type: 'boolean', default: false } } });
const challengers = values.fast ? CHALLENGERS.filter(({ times }) => times < 1 || times > 2) : CHALLENGERS;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.exitCode = 128 + constants.signals[signal];
    stop.abort();
  });
}

async function deploy(index: number, times: number): Promise<RolloutResult> {
  const failing = { champion: CHAMPION_FAILS, challenger: CHAMPION_FAILS * times };
  await using fleet = await Fleet.deploy({ store: store.address, version: `${index + 2}`, failing });
  return runRollout(fleet, (text) => console.log(text), stop.signal);
}

await using store = await openStore();
console.log(`Three processes share ${store.name}. The champion fails one call in ten.`);
const rows: (readonly string[])[] = [['challenger', 'verdict', 'requests', 'seconds', 'errors of callers']];
try {
  for (const [index, { name, times }] of challengers.entries()) {
    console.log(`\n${name}: version ${index + 2} is deployed`);
    const { verdict, requests, seconds, errors, faults } = await deploy(index, times);
    rows.push([name, verdict, `${requests}`, seconds.toFixed(1), `${errors}`]);
    for (const fault of faults) console.log(`   FAULT: ${fault}`);
    if (faults.length > 0 || errors > 0) process.exitCode = 1;
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  console.log('');
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
        .join('   ')
        .trimEnd(),
    );
} catch (error) {
  if (!stop.signal.aborted) throw error;
  console.log('\nStopped.');
}
