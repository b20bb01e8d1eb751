import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { allowFields, createUnderstudy } from '@understudy/core';
import { replay, type ReplayBatch, type ReplaySource } from '@understudy/core/replay';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { runCli } from '../cli/run-cli.ts';
import { fileSink } from '../file.ts';
import { sqliteDecisions } from '../sqlite.ts';
import { ndjsonRows, parquetRows, replayFiles, storeRows } from '../replay.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-replay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const contract = { name: 'claims', input: z.object({ amount: z.number() }), output: z.object({ pay: z.boolean() }) } as const;
const variant = { predictor: ({ amount }: { amount: number }) => ({ pay: amount < 60 }), version: '2' };

async function batchesOf(source: ReplaySource, after?: string | number): Promise<readonly ReplayBatch[]> {
  const found: ReplayBatch[] = [];
  for await (const batch of source.batches(after)) found.push(batch);
  return found;
}
const rowsOf = async (source: ReplaySource, after?: string | number) =>
  (await batchesOf(source, after)).flatMap(({ rows }) => rows);

describe('rows of a file with a JSON object a line', () => {
  it('are read as they are, wrong lines are told by their number, and from any cursor on the rest comes', async () => {
    const path = at('rows.ndjson');
    const good = Array.from({ length: 1500 }, (_, index) => ({ id: `d${index}`, input: { text: `ä €\u2028 ${index}` } }));
    const lines = good.map((row) => JSON.stringify(row));
    writeFileSync(path, `\uFEFF${lines.join('\n')}\n\n{ no json\n7\n${JSON.stringify({ id: 'last', input: 1 })}`);
    const all = await rowsOf(ndjsonRows(path));
    expect(all.slice(0, 1500)).toEqual(good);
    expect(all.slice(1500)).toEqual([
      { problem: 'line 1502 is no JSON' },
      { problem: 'line 1503: expected a row or an event' },
      { id: 'last', input: 1 },
    ]);
    const batches = await batchesOf(ndjsonRows(path));
    expect(batches.at(-1)).toMatchObject({ part: 1, cursor: statSync(path).size });
    let before = 0;
    for (const { rows, cursor } of batches) {
      before += rows.length;
      expect((await rowsOf(ndjsonRows(path), cursor)).length).toBe(all.length - before);
    }
  });

  it('that are events of a sink are its served decisions', async () => {
    const path = at('events.ndjson');
    const understudy = createUnderstudy({
      sinks: [fileSink({ path, content: true })],
      redact: allowFields(['input.amount', 'output.pay']),
    });
    const model = understudy.defineModel(contract, { variants: { v1: { ...variant, version: '1' } }, champion: 'v1' });
    const { id } = await model.predict({ amount: 20 }, { unit: 'ana' });
    await model.predict({ amount: 70 });
    await model.recordOutcome(id, { feedback: { agree: true } });
    await understudy.close();
    expect(await rowsOf(ndjsonRows(path))).toMatchObject([
      {
        id,
        input: { amount: 20 },
        output: { pay: true },
        servedBy: 'v1',
        version: '1',
        tier: 'model',
        probability: 1,
        unit: expect.stringMatching(/^[0-9a-f]{10}$/) as string,
      },
      { input: { amount: 70 }, output: { pay: false } },
    ]);
    expect(await replay(contract, { name: 'v2', variant, rows: ndjsonRows(path) as never })).toMatchObject({
      rows: 2,
      agreement: { compared: 2, agreed: 2 },
    });
  });

  it('of a file that is not there is refused with its path', async () => {
    await expect(rowsOf(ndjsonRows(at('none')))).rejects.toThrow('there is no such file');
    expect(() => ndjsonRows('')).toThrow('path');
    expect(() => ndjsonRows('x', { rowOf: 3 as never })).toThrow('rowOf');
  });
});

describe('rows of a Parquet file', () => {
  it('are read by columns, in batches, from any cursor on', async () => {
    const path = at('rows.parquet');
    const count = 2500;
    parquetWriteFile({
      filename: path,
      columnData: [
        { name: 'id', data: Array.from({ length: count }, (_, index) => `d${index}`), type: 'STRING' },
        { name: 'input.amount', data: Array.from({ length: count }, (_, index) => index % 100), type: 'DOUBLE' },
        {
          name: 'output',
          data: Array.from({ length: count }, (_, index) => JSON.stringify({ pay: index % 100 < 50 })),
          type: 'STRING',
        },
        { name: 'reward', data: Array.from({ length: count }, (_, index) => BigInt(index % 3)), type: 'INT64' },
      ],
    });
    const batches = await batchesOf(parquetRows(path));
    expect(batches.map(({ rows, cursor }) => [rows.length, cursor])).toEqual([
      [1000, 1000],
      [1000, 2000],
      [500, 2500],
    ]);
    expect((await rowsOf(parquetRows(path), 2000))[7]).toEqual({
      id: 'd2007',
      input: { amount: 7 },
      output: { pay: true },
      reward: 0,
    });
    expect(await replay(contract, { name: 'v2', variant, rows: parquetRows(path) as never })).toMatchObject({
      rows: count,
      agreement: { agreed: 2250 },
    });
  });

  it('of a file that is none, or without a column of input, is told', async () => {
    writeFileSync(at('no.parquet'), 'this is no parquet file at all');
    await expect(rowsOf(parquetRows(at('no.parquet')))).rejects.toThrow('is no Parquet file');
    await expect(rowsOf(parquetRows(at('none.parquet')))).rejects.toThrow('there is no such file');
    parquetWriteFile({ filename: at('other.parquet'), columnData: [{ name: 'x', data: [1], type: 'INT32' }] });
    expect(await rowsOf(parquetRows(at('other.parquet')))).toEqual([{ problem: expect.stringContaining('rowOf') as string }]);
    expect(await rowsOf(parquetRows(at('other.parquet'), { rowOf: ({ x }) => ({ input: x }) }))).toEqual([{ input: 1 }]);
  });
});

it('rows of a decision store are its decisions, with what became known of them and a truth from elsewhere', async () => {
  const store = sqliteDecisions({ file: at('decisions.db'), content: true });
  const understudy = createUnderstudy({ sinks: [store], redact: allowFields(['input.amount', 'output.pay']) });
  const model = understudy.defineModel(
    { ...contract, kpis: { saved: { better: 'higher' } } },
    { variants: { v1: { ...variant, version: '1' } }, champion: 'v1' },
  );
  const ids: string[] = [];
  for (let index = 0; index < 1200; index++) ids.push((await model.predict({ amount: index % 100 })).id);
  await model.recordOutcome(ids[7] ?? '', { kpi: { saved: 12 } });
  await understudy.flush();
  const source = storeRows(store, {
    query: { model: 'claims' },
    rewardOf: ({ outcomes }) => outcomes.find(({ kpi }) => kpi !== undefined)?.kpi?.['saved'] ?? 0,
    truthOf: (id) => (id === ids[7] ? { pay: false } : undefined),
  });
  const rows = (await rowsOf(source)) as readonly { readonly id: string }[];
  expect(rows.length).toBe(1200);
  expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(ids));
  expect(rows.find(({ id }) => id === ids[7])).toMatchObject({ input: { amount: 7 }, reward: 12, truth: { pay: false } });
  const [first] = await batchesOf(source);
  expect((await rowsOf(source, first?.cursor)).length).toBe(1200 - (first?.rows.length ?? 0));
  expect(await rowsOf(source, 'end')).toEqual([]);
  await understudy.close();
  await store.close();
});

/** A log of the file, and a module that replays it. */
function moduleOf(name: string, count: number): { readonly module: string; readonly log: string } {
  const log = at(`${name}.ndjson`);
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      id: `d${index}`,
      input: { amount: index % 100 },
      output: { pay: index % 100 < 50 },
      truth: { pay: index % 100 < 60 },
    }),
  );
  writeFileSync(log, `${lines.join('\n')}\n`);
  const zod = pathToFileURL(resolve('packages/node/node_modules/zod/index.js')).href;
  const module = at(`${name}.mjs`);
  writeFileSync(
    module,
    `import * as z from ${JSON.stringify(zod)};
     export const contract = { name: 'claims', input: z.object({ amount: z.number() }), output: z.object({ pay: z.boolean() }) };
     export const variants = { v2: { predictor: ({ amount }) => ({ pay: amount < 60 }), version: '2' } };
     export const scores = { right: ({ output }, truth) => (output.pay === truth.pay ? 1 : 0) };`,
  );
  return { module, log };
}

it('a replay that is killed again and again goes on without a gap, and without a row twice', async () => {
  const count = 60_000;
  const { module, log } = moduleOf('killed', count);
  const [results, output] = [at('killed.results'), at('killed.json')];
  const program = at('program.mjs');
  writeFileSync(
    program,
    `import { runCli } from ${JSON.stringify(pathToFileURL(resolve('packages/node/src/cli/run-cli.ts')).href)};\nprocess.exitCode = await runCli(process.argv.slice(2));\n`,
  );
  let kills = 0;
  for (let run = 0; run < 60; run++) {
    const child = spawn(
      process.execPath,
      [
        '--conditions=@understudy/source',
        '--no-warnings',
        program,
        'replay',
        module,
        '--variant',
        'v2',
        '--log',
        log,
        '--results',
        results,
        '-o',
        output,
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
    const before = existsSync(results) ? statSync(results).size : 0;
    // It is killed once it has written some, at whatever place it is then; the first ones only, that it comes to an end.
    while (kills < 5 && child.exitCode === null) {
      await new Promise((done) => setTimeout(done, 5));
      if (existsSync(results) && statSync(results).size > before + 200_000) {
        if (child.kill('SIGKILL')) kills++;
        break;
      }
    }
    if ((await ended) === 0) break;
  }
  expect(kills).toBeGreaterThan(0);
  const ids = readFileSync(results, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly id: string }).id);
  expect(ids).toEqual(Array.from({ length: count }, (_, index) => `d${index}`));
  expect(JSON.parse(readFileSync(output, 'utf8'))).toMatchObject({
    rows: count,
    replayed: count,
    isComplete: true,
    agreement: { agreed: count * 0.9 },
    scores: { right: { replayed: { value: 1 } } },
  });
  expect(existsSync(`${results}.checkpoint`)).toBe(false);
}, 280_000);

describe('files of a replay', () => {
  it('refuse a checkpoint that is none, and results that are shorter than it says', async () => {
    const results = at('broken.results');
    writeFileSync(`${results}.checkpoint`, '{"format":2}');
    await expect(replayFiles({ results })).rejects.toThrow('is no checkpoint');
    writeFileSync(`${results}.checkpoint`, JSON.stringify({ format: 1, bytes: 50, state: {} }));
    writeFileSync(results, 'short');
    await expect(replayFiles({ results })).rejects.toThrow('is shorter');
    await expect(replayFiles({ results: join(folder, 'none', 'x') })).rejects.toThrow('there is no such folder');
  });
});

async function cli(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const told = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      told[stream] += String(text);
      return true;
    }),
  );
  try {
    return { code: await runCli(args), ...told };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

describe('the command line', () => {
  it('replays a file, and fails where the agreement is too low or nothing was replayed', async () => {
    const { module, log } = moduleOf('cli', 100);
    const done = await cli('replay', module, '--variant', 'v2', '--log', log);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(done.stdout)).toMatchObject({ agreement: { agreed: 90 } });
    expect(await cli('replay', module, '--variant', 'v2', '--log', log, '--min-agreement', '0.95')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the agreement is 0.9') as string,
    });
    writeFileSync(at('bad.ndjson'), '{"input":{"amount":"x"}}\n');
    expect(await cli('replay', module, '--variant', 'v2', '--log', at('bad.ndjson'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('INPUT_INVALID') as string,
    });
  });

  it('tells what is wrong with a command line or a module', async () => {
    const { module, log } = moduleOf('wrong', 1);
    expect(await cli('replay')).toMatchObject({ code: 2 });
    expect(await cli('replay', module)).toMatchObject({ code: 2, stderr: expect.stringContaining('--variant') as string });
    expect(await cli('replay', module, '--variant', 'v2')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--log') as string,
    });
    expect(await cli('replay', module, '--variant', 'v3', '--log', log)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('v2') as string,
    });
    expect(await cli('replay', module, '--variant', 'v2', '--log', log, '--concurrency', 'x')).toMatchObject({ code: 2 });
    writeFileSync(at('empty.mjs'), '');
    expect(await cli('replay', at('empty.mjs'), '--variant', 'v2', '--log', log)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('export contract and variants') as string,
    });
  });

  it('exports cases for training: reviewed ones of a module, truths of a log', async () => {
    const { log } = moduleOf('training', 10);
    const module = at('reviews.mjs');
    writeFileSync(
      module,
      `export const reviews = [{ labels: async function* () { yield { decisionId: 'd3', input: { amount: 3 }, output: { pay: true }, label: { pay: false }, agrees: false, by: ['rita'], at: 1, probability: 0.25 }; } }];`,
    );
    const output = at('training.out');
    expect(await cli('export-training', module, '--log', log, '-o', output)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('10 cases, 1 of them reviewed') as string,
    });
    const cases = readFileSync(output, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(cases[0]).toMatchObject({ id: 'd3', label: { pay: false }, labelledBy: 'review', propensity: 0.25, weight: 4 });
    expect(cases.length).toBe(10);
    writeFileSync(at('none.ndjson'), '{"input":1}\n');
    expect(await cli('export-training', '--log', at('none.ndjson'), '-o', output)).toMatchObject({ code: 1 });
    expect(await cli('export-training', '-o', output)).toMatchObject({ code: 2 });
    expect(await cli('export-training', '--log', log)).toMatchObject({ code: 2 });
  });
});
