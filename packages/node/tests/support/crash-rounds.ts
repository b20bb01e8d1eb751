import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@understudy/core/testing';
import { build } from 'esbuild';
import { generateLedgerKey } from '../../src/ledger/ledger-key.ts';
import { ledger } from '../../src/ledger/ledger.ts';
import { LedgerDirectory } from './ledger-directory.ts';

/** Appends batches of any size, and tells each that was acknowledged. Segments, checkpoints and retention run meanwhile. */
const WRITER = `
  import { writeSync } from 'node:fs';
  import { ledger } from './src/ledger.ts';
  const [directory, key, run] = process.argv.slice(2);
  const sink = ledger({ directory, key, segmentBytes: 20_000, checkpointRecords: 30, checkpointMs: 20, retainMs: 600_000 });
  const event = (id) => ({ v: 1, type: 'control-changed', id, at: 1, model: 'm', command: 'pause', by: 'x', roles: [], reason: 'x'.repeat(id.length * 5), result: 'obeyed', version: 1 });
  writeSync(1, 'ready\\n');
  for (let batch = 0; ; batch++) {
    const events = Array.from({ length: 1 + (batch % 7) }, (_, index) => event([run, batch, index].join('/')));
    await sink.append(events);
    writeSync(1, events.map(({ id }) => id + '\\n').join(''));
  }
`;

export interface CrashResult {
  readonly kills: number;
  readonly acknowledged: number;
  /** Acknowledged, and not there. */
  readonly lost: readonly string[];
  /** There more than once. */
  readonly repeated: number;
  /** What verifying found after any of the kills. */
  readonly faults: readonly string[];
  readonly tornLines: number;
}

/** Ends a process that appends by SIGKILL at random moments, again and again, and looks at what is there. */
export async function crashRounds(kills: number, seed: number): Promise<CrashResult> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-crash-'));
  const key = generateLedgerKey('example.com/crash');
  const place = new LedgerDirectory(key);
  const random = seededRandom(seed);
  const program = join(folder, 'writer.mjs');
  const acknowledged: string[] = [];
  const faults = new Set<string>();
  let tornLines = 0;
  try {
    await build({
      stdin: { contents: WRITER, resolveDir: join(import.meta.dirname, '../..'), loader: 'ts' },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['@understudy/source'],
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    for (let kill = 0; kill < kills; kill++) {
      acknowledged.push(...(await killed(program, place, String(kill), 1 + Math.floor(random() * 120), random)));
      for (const fault of await faultsOf(place)) faults.add(fault);
    }
    const sink = ledger({ directory: place.path, key: key.privateKey });
    await sink.checkpoint();
    tornLines = sink.status().repaired.bytes;
    await sink.close?.();
    for (const fault of await faultsOf(place)) faults.add(fault);
    const records = place.records();
    tornLines += records.filter((record) => record.kind === 'opened' && record.repairedBytes !== undefined).length;
    const there = records.flatMap((record) => (record.kind === 'event' ? [record.event['id'] as string] : []));
    const set = new Set(there);
    return {
      kills,
      acknowledged: acknowledged.length,
      lost: acknowledged.filter((id) => !set.has(id)),
      repeated: there.length - set.size,
      faults: [...faults],
      tornLines,
    };
  } finally {
    place.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function faultsOf(place: LedgerDirectory): Promise<readonly string[]> {
  const { integrity, completeness, freshness } = await place.verify({ now: Date.now(), clockToleranceMs: 600_000 });
  return [integrity, completeness, freshness]
    .flatMap(({ findings }) => findings)
    .filter(({ isFault, kind }) => isFault && kind !== 'unsigned')
    .map(({ message }) => message);
}

/** Runs the writer until it has acknowledged `lines`, and a moment more. Answers what it had acknowledged. */
async function killed(
  program: string,
  place: LedgerDirectory,
  run: string,
  lines: number,
  random: () => number,
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, place.path, place.key.privateKey, run], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const enough = Promise.withResolvers<void>();
  const closed = once(child, 'close').then(() => enough.resolve());
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
    if (told.split('\n').length > lines) enough.resolve();
  });
  await enough.promise;
  const wait = random() * 3;
  for (const start = performance.now(); performance.now() - start < wait;) await new Promise((done) => setImmediate(done));
  child.kill('SIGKILL');
  await closed;
  // What it was writing when it ended was not told.
  return told
    .slice(0, told.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(1, -1);
}
