/** The example: `node --conditions=@understudy/source src/main.ts [--rate 200] [--down 3]`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { generateLedgerKey } from '@understudy/node/ledger';
import { AppProcess } from './app-process.ts';
import { type Answer, Driver } from './driver.ts';
import { inLedgers, inNats, inPostgres, inPrometheus, makeStream } from './kept.ts';
import { otlpReceiver } from './otlp-receiver.ts';
import { freePort, type Part } from './part.ts';
import { findPrograms, type Paths } from './programs.ts';
import { nats, postgres, prometheus, redis } from './servers.ts';

const APPS = 4;
const { values } = parseArgs({ options: { rate: { type: 'string', default: '200' }, down: { type: 'string', default: '3' } } });
const [rate, downMs] = [Number(values.rate), Number(values.down) * 1000];

let paths: Paths;
try {
  paths = findPrograms();
} catch (error) {
  console.log((error as Error).message);
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'understudy-fleet-'));
const parts: Part[] = [];
const began = performance.now();
const print = (text: string): void => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`);

async function started<P extends Part>(part: P): Promise<P> {
  parts.push(part);
  await part.start();
  return part;
}

/** Of the answers that callers have, those that a part does not hold. */
const missing = (answers: readonly Answer[], held: ReadonlySet<string>): readonly Answer[] =>
  answers.filter(({ id }) => !held.has(id));

try {
  const ports = await Promise.all(Array.from({ length: APPS }, freePort));
  const servers = {
    redis: await started(await redis(paths, join(folder, 'redis'))),
    postgres: await started(await postgres(paths, join(folder, 'postgres'))),
    nats: await started(await nats(paths, join(folder, 'nats'))),
    prometheus: await started(
      await prometheus(
        paths,
        join(folder, 'prometheus'),
        ports.map((port) => `127.0.0.1:${port}`),
      ),
    ),
    receiver: await started(otlpReceiver(await freePort())),
  };
  await makeStream(servers.nats.url);
  // A key each: two histories of one key would look like a forgery.
  const keys = ports.map((_, index) => generateLedgerKey(`example.com/fleet/app-${index}`));
  const apps = keys.map(
    ({ privateKey }, index) =>
      new AppProcess({
        port: ports[index] ?? 0,
        redis: servers.redis.url,
        postgres: servers.postgres.url,
        nats: servers.nats.url,
        otlp: servers.receiver.url,
        folder: join(folder, `app-${index}`),
        ledgerKey: privateKey,
      }),
  );
  await Promise.all(apps.map(started));
  print(`${APPS} apps, ${Object.keys(servers).join(', ')}: all run.`);

  const driver = new Driver(
    apps.map(({ url }) => url),
    rate,
  );
  driver.start();
  await setTimeout(downMs);
  for (const [name, part] of [...Object.entries<Part>(servers), ['app 1', apps[1] as Part] as const]) {
    print(`${name} gets SIGKILL.`);
    await part.kill();
    await setTimeout(downMs);
    await part.start();
    print(`${name} runs again.`);
    await setTimeout(downMs);
  }
  await driver.stop();
  // Two more scrapes.
  await setTimeout(2500);
  const counted = await inPrometheus(servers.prometheus.url);
  print(
    `The load is over: ${driver.answers.length} answers, ${driver.errors.length} errors of callers. The apps deliver what waits.`,
  );
  const ends = await Promise.all(apps.map((app) => app.end()));

  const { answers, errors } = driver;
  const ledgers = await inLedgers(
    keys.map(({ verifierKey }, index) => ({ directory: join(folder, `app-${index}`, 'ledger'), verifierKey })),
  );
  const held = {
    ledger: ledgers.ids,
    postgres: await inPostgres(servers.postgres.url),
    nats: await inNats(servers.nats.url),
    spans: servers.receiver.decisions,
  };
  const isAudit = ({ tier }: Answer): boolean => tier !== 'model';
  const rows = Object.entries(held).map(([name, ids]) => {
    const gone = missing(answers, ids);
    const ofKilled = gone.filter(({ app }) => app === 1).length;
    return {
      part: name,
      held: ids.size,
      lost: gone.length,
      'of the killed app': ofKilled,
      'of rescued calls': gone.filter(isAudit).length,
    };
  });
  console.log(
    `\n${answers.length} answers, ${answers.filter(isAudit).length} of them of rescued calls; Prometheus counted about ${counted}.`,
  );
  console.table(rows);
  for (const [index, end] of ends.entries()) {
    for (const { name, lost } of end?.sinks ?? [])
      if (Object.keys(lost).length > 0) console.log(`app ${index} says of ${name}: lost ${JSON.stringify(lost)}`);
  }

  const faults = [
    ...errors.slice(0, 3).map((error) => `a caller saw ${error}`),
    ...ledgers.findings.map((finding) => `the ledger does not verify: ${finding}`),
    ...missing(answers, held.ledger)
      .slice(0, 3)
      .map(({ id }) => `${id} was answered, and is in no ledger`),
    // What a process holds in memory goes with it: a second of decisions at most. Other processes lose nothing.
    ...(['postgres', 'nats'] as const).flatMap((name) =>
      missing(answers, held[name])
        .filter(({ app }) => app !== 1)
        .slice(0, 3)
        .map(({ id }) => `${id} is not in ${name}`),
    ),
    ...ends.flatMap((end, index) => (end === undefined ? [`app ${index} did not end in time`] : [])),
  ];
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
  else console.log('Nothing was lost but what a killed process held in memory; the ledger lost nothing.');
} finally {
  await Promise.all(parts.map((part) => part.kill()));
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
