import { readFileSync } from 'node:fs';
import { onnx } from '@understudy/node/onnx';
import { fakeCall } from '@understudy/core/testing';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { bundled, digestOf, file, modelSite, type ModelSite, worker } from './model-site.ts';

interface Asked {
  readonly answers: readonly { readonly probability: number }[];
  readonly facts: Readonly<Record<string, string>>;
  readonly measurement:
    | { readonly use: string; readonly wasmMs?: number; readonly webgpuMs?: number; readonly why: string }
    | undefined;
}

/** What the pages of these tests can be asked. */
declare const app: {
  readonly hasGpu: () => Promise<boolean>;
  readonly ask: (
    options: object,
    file: object | undefined,
    rows: readonly (readonly number[])[],
    isMeasured: boolean,
  ) => Promise<Asked>;
};

const PAGE = `
import { modelFile } from '@understudy/browser/model-files';
import { onnx } from '@understudy/browser/onnx';
const callOf = () => ({ signal: new AbortController().signal, remainingMs: 1e6, attempt: 1, report: () => {} });
globalThis.app = {
  hasGpu: async () => (await navigator.gpu?.requestAdapter()) != null,
  ask: async (options, file, rows, isMeasured) => {
    const predict = onnx({
      wasmPaths: '/ort/',
      outputs: { probability: 'float32' },
      output: ({ probability }) => ({ probability: probability.data[0] }),
      inputs: (row) => ({ x: { type: 'float32', dims: [1, row.length], data: row } }),
      ...options,
      ...(file === undefined ? {} : { model: modelFile(file) }),
    });
    const answers = [];
    for (const row of rows) answers.push(await predict(row, callOf()));
    while (isMeasured && predict.measurement() === undefined) await new Promise((done) => setTimeout(done, 50));
    const measurement = predict.measurement();
    const facts = predict.describe();
    await predict.close();
    return { answers, facts, measurement };
  },
};`;

const MODEL = readFileSync('packages/browser/test-data/champion_core.onnx');
const { rows } = JSON.parse(readFileSync('packages/browser/test-data/rows.json', 'utf8')) as {
  readonly rows: readonly (readonly number[])[];
};
const FILE = { url: '/files/model.onnx', digest: digestOf(MODEL) };
const RUNTIME = 'packages/browser/node_modules/onnxruntime-web/dist';

let scripts: readonly [page: string, wasm: string, webgpu: string] = ['', '', ''];
let inNode: readonly number[] = [];
let browser: Browser;
let here: ModelSite;
let page: Page;

beforeAll(async () => {
  scripts = [await bundled(PAGE), await worker('onnx-worker'), await worker('onnx-webgpu-worker')];
  // A GPU in software: the one that every machine has.
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'],
  });
  const predict = onnx({
    path: 'packages/browser/test-data/champion_core.onnx',
    outputs: { probability: 'float32' },
    output: ({ probability }) => probability.data[0],
    inputs: (row: readonly number[]) => ({ x: { type: 'float32', dims: [1, row.length], data: row } }),
  });
  const call = fakeCall({ signal: new AbortController().signal });
  inNode = (await predict.predictBatch(rows, call)) as readonly number[];
  await predict.close();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  here = await modelSite(browser, scripts[0]);
  const js = { 'content-type': 'text/javascript' };
  here.serve('/wasm.js', (_, response) => void response.writeHead(200, js).end(scripts[1]));
  here.serve('/webgpu.js', (_, response) => void response.writeHead(200, js).end(scripts[2]));
  here.serve('/files/model.onnx', file(MODEL));
  for (const name of ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.asyncify'])
    for (const [ending, type] of [
      ['mjs', 'text/javascript'],
      ['wasm', 'application/wasm'],
    ] as const)
      here.serve(`/ort/${name}.${ending}`, (_, response) =>
        response.writeHead(200, { 'content-type': type }).end(readFileSync(`${RUNTIME}/${name}.${ending}`)),
      );
  page = await here.page();
});
afterEach(async () => {
  await here.end();
});

const ask = (options: object, given: readonly (readonly number[])[] = rows, isMeasured = false): Promise<Asked> =>
  page.evaluate(([...all]) => app.ask(...all), [options, FILE, given, isMeasured] as const);
const distance = (answers: Asked['answers']): number =>
  Math.max(...answers.map(({ probability }, index) => Math.abs(probability - (inNode[index] ?? Number.NaN))));

it('wasm answers what onnxruntime-node answers, from a file that the browser keeps', async () => {
  const { answers, facts, measurement } = await ask({ workerUrl: '/wasm.js' });
  expect([answers.length, inNode.length]).toEqual([38, 38]);
  expect(distance(answers)).toBeLessThan(1e-5);
  expect(facts).toEqual({ digest: FILE.digest, runtime: expect.stringMatching(/^onnxruntime-web /) });
  expect(measurement).toBeUndefined();
  await ask({ workerUrl: '/wasm.js' }, rows.slice(0, 1));
  expect(here.asked).toHaveLength(1);
});

it('WebGPU answers what onnxruntime-node answers', async () => {
  expect(await page.evaluate(() => app.hasGpu())).toBe(true);
  const { answers } = await ask({ workerUrl: '/webgpu.js', executionProviders: ['webgpu'] });
  expect(answers).toHaveLength(38);
  expect(distance(answers)).toBeLessThan(1e-5);
});

it('both are measured, and what is found is remembered', async () => {
  const options = { workerUrl: '/wasm.js', webgpu: { workerUrl: '/webgpu.js', example: rows[0], runs: 3, budgetMs: 280_000 } };
  const first = await ask(options, rows.slice(0, 1), true);
  // Which one is faster is the machine's affair: that both ran, and agree, is ours.
  expect(first.measurement).toMatchObject({
    wasmMs: expect.any(Number),
    webgpuMs: expect.any(Number),
    why: expect.stringMatching(/^(?:wasm is as fast|WebGPU is faster)/),
    remembered: false,
  });
  const second = await ask(options, rows.slice(0, 1), true);
  expect(second.measurement).toEqual({ ...first.measurement, remembered: true });
  expect(second.facts).toMatchObject({ provider: first.measurement?.use });
  expect(distance(second.answers)).toBeLessThan(1e-5);
});
