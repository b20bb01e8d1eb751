import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const ROUNDS = 100;

/** Two writers of one path. The one that has the lock tells each batch that was delivered. */
const WRITER = `
  import { writeSync } from 'node:fs';
  import { fileSink } from './file-sink.ts';
  const [path, run] = process.argv.slice(2);
  const sink = fileSink({ path, fsync: 'never', maxBytes: 200_000, maxFiles: 1000 });
  const signal = new AbortController().signal;
  const event = (id) => ({ v: 1, type: 'control-changed', id, at: 1, model: 'm', command: 'pause', by: 'x', roles: [], reason: 'x', result: 'obeyed', version: 1 });
  process.stdin.once('data', async () => {
    for (let batch = 0; ; batch++) {
      const events = [0, 1, 2].map((index) => event([run, batch, index].join('/')));
      try {
        await sink.write(events, { signal });
        writeSync(1, events.map(({ id }) => id + '\\n').join(''));
      } catch {
        await new Promise((over) => setTimeout(over, 1));
      }
    }
  });
  writeSync(1, 'ready\\n');
`;

/** A process that has loaded, and waits to be told to write. */
interface Writer {
  readonly ready: Promise<unknown>;
  readonly begin: () => void;
  /** Ends it at once, without a word. Answers what it had delivered. */
  readonly kill: () => Promise<string[]>;
  /** Resolves when it has delivered something. */
  readonly delivered: Promise<unknown>;
}

function startWriter(program: string, path: string, run: string): Writer {
  const child = spawn(process.execPath, [program, path, run], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [ready, delivered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
    if (told.includes('ready\n')) ready.resolve();
    if (told.includes('/')) delivered.resolve();
  });
  // A write to one that has ended by itself.
  child.stdin.on('error', () => undefined);
  const closed = once(child, 'close');
  return {
    ready: ready.promise,
    delivered: delivered.promise,
    begin: () => child.stdin.write('begin\n'),
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
      // What it was writing when it ended was not told.
      return told
        .slice(0, told.lastIndexOf('\n') + 1)
        .split('\n')
        .slice(1, -1);
    },
  };
}

it('F6 two processes that are restarted together a hundred times lose no line that was acknowledged', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'understudy-restarts-'));
  const program = join(directory, 'writer.mjs');
  const logs = join(directory, 'logs');
  try {
    await build({
      stdin: { contents: WRITER, resolveDir: import.meta.dirname, loader: 'ts' },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['@understudy/source'],
    });
    const pair = (round: number): readonly Writer[] =>
      ['a', 'b'].map((name) => startWriter(program, join(logs, 'events.ndjson'), `${round}${name}`));
    const acknowledged: string[] = [];
    const winners = new Set<string>();
    let next = pair(0);
    for (let round = 1; round <= ROUNDS; round++) {
      const now = next;
      await Promise.all(now.map((writer) => writer.ready));
      for (const writer of now) writer.begin();
      // They load while these write.
      next = pair(round);
      const writing = await Promise.any(now.map((writer) => writer.delivered.then(() => writer)));
      // The one that waits ends first: on a busy machine it would see that the other has gone, and rightly write.
      const waiting = await Promise.all(now.filter((writer) => writer !== writing).map((writer) => writer.kill()));
      for (const ids of [...waiting, await writing.kill()]) {
        acknowledged.push(...ids);
        for (const id of ids) winners.add(id.slice(0, id.indexOf('/')));
      }
    }
    await Promise.all(next.map((writer) => writer.kill()));

    const lines = readdirSync(logs)
      .filter((name) => /^events\.ndjson(\.\d+)?$/.test(name))
      .flatMap((name) => readFileSync(join(logs, name), 'utf8').split('\n'));
    const found = new Set<string>();
    // The last killed writer may have left a line without its end.
    const torn = lines.filter((line) => line !== '' && !isEvent(line, found));
    expect(torn.length).toBeLessThanOrEqual(1);
    expect(acknowledged.length).toBeGreaterThanOrEqual(3 * ROUNDS);
    expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
    // One writer a round: never both.
    expect(winners.size).toBe(ROUNDS);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 600_000);

/** Notes the id of a line that is whole. */
function isEvent(line: string, found: Set<string>): boolean {
  try {
    found.add((JSON.parse(line) as { readonly id: string }).id);
    return true;
  } catch {
    return false;
  }
}
