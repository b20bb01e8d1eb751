import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { bundled, modelSite, type ModelSite, worker } from './model-site.ts';
import { embeddingOf, idsOf, logitsOf, softmax, textModelFiles } from './tiny-texts.ts';

/** What the pages of these tests can be asked. */
declare const app: {
  readonly ask: (options: object, inputs: readonly unknown[], isBatch?: boolean) => Promise<readonly unknown[]>;
  readonly stream: (options: object, input: unknown) => Promise<readonly string[]>;
  readonly serves: (options: object) => Promise<readonly unknown[]>;
  readonly aborts: (options: object) => Promise<readonly unknown[]>;
};

const PAGE = `
import { transformersJs } from '@understudy/browser/transformers-js';
import { always, defineModel, textStream } from '@understudy/core';
const any = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
const make = (options) => transformersJs({ workerUrl: '/worker.js', wasmPaths: '/ort/', pipelineOptions: { dtype: 'fp32' }, ...options });
const callOf = (signal = new AbortController().signal) => ({ signal, remainingMs: 1e6, attempt: 1, report: () => {} });
const errorOf = ({ code, message, retryable }) => ({ code, message, retryable });
globalThis.app = {
  ask: async (options, inputs, isBatch) => {
    const predict = make(options);
    try {
      if (isBatch) return await predict.predictBatch(inputs, callOf());
      const answers = [];
      for (const input of inputs) answers.push(await predict(input, callOf()).catch(errorOf));
      return [...answers, predict.describe()];
    } finally {
      await predict.close();
    }
  },
  stream: async (options, input) => {
    const predict = make(options);
    const model = defineModel({ name: 'm', input: any, output: any, stream: textStream() }, {
      variants: { device: { version: '1', predictor: predict } }, champion: 'device',
    });
    const chunks = [];
    const stream = model.stream(input);
    for await (const chunk of stream) chunks.push(chunk);
    await model.close?.();
    await predict.close();
    return chunks;
  },
  serves: async (options) => {
    const predict = make({ download: 'when-asked', ...options });
    const model = defineModel({ name: 'm', input: any, output: any }, {
      variants: { device: { version: '1', predictor: predict } }, champion: 'device', fallback: [always('rules')],
    });
    const said = [(await model.predict('good day')).output];
    const files = new Set();
    const bug = await predict.load({ onProgress: () => { throw new Error('a bug'); } }).catch(({ message }) => message);
    await predict.load({ onProgress: ({ file }) => files.add(file) });
    const { output } = await model.predict('good day');
    said.push(bug, output[0].label);
    await predict.close();
    return said;
  },
  aborts: async (options) => {
    const predict = make(options);
    const controller = new AbortController();
    const early = predict('good', callOf(AbortSignal.abort('early'))).catch((reason) => reason);
    const loading = predict('good', callOf(controller.signal)).catch((reason) => reason);
    controller.abort('while it loads');
    const answer = await predict('good', callOf());
    await predict.close();
    const late = await predict('good', callOf()).catch(({ code }) => code);
    return [await early, await loading, answer[0].label, late];
  },
};`;

const LABELS = ['POSITIVE', 'NEGATIVE', 'NEUTRAL'];
const TEXTS = ['This day is good.', 'bad', 'a day about cats, a day about sport.', 'words that nobody knows'];
// Beside the library: it has an onnxruntime-web of its own.
const library = realpathSync('packages/browser/node_modules/@huggingface/transformers');
const runtime = join(dirname(dirname(library)), 'onnxruntime-web/dist');

let scripts: readonly [string, string] = ['', ''];
let browser: Browser;
let here: ModelSite;
let page: Page;

beforeAll(async () => {
  scripts = [await bundled(PAGE), await worker('transformers-worker')];
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
afterAll(() => browser?.close());
beforeEach(async () => {
  here = await modelSite(browser, scripts[0]);
  const js = { 'content-type': 'text/javascript' };
  here.serve('/worker.js', (_, response) => void response.writeHead(200, js).end(scripts[1]));
  for (const [ending, type] of [
    ['mjs', 'text/javascript'],
    ['wasm', 'application/wasm'],
  ] as const) {
    const name = `ort-wasm-simd-threaded.asyncify.${ending}`;
    here.serve(`/ort/${name}`, (_, response) =>
      response.writeHead(200, { 'content-type': type }).end(readFileSync(join(runtime, name))),
    );
  }
  for (const [path, bytes] of Object.entries(textModelFiles()))
    here.serve(`/models/${path}`, (_, response) => void response.writeHead(200, { 'content-length': bytes.length }).end(bytes));
  page = await here.page();
});
afterEach(async () => {
  await here.end();
});

const ask = (options: object, inputs: readonly unknown[] = TEXTS, isBatch = false): Promise<readonly unknown[]> =>
  page.evaluate(([options, inputs, isBatch]) => app.ask(options, inputs, isBatch), [options, inputs, isBatch] as const);

/** The probabilities by hand, from the most probable one. */
const expected = (text: string): readonly object[] =>
  softmax(logitsOf(idsOf(text.toLowerCase().replaceAll(',', ' x '))))
    .map((score, index) => ({ label: LABELS[index], score: expect.closeTo(score, 5) as number, at: score }))
    .sort((a, b) => b.at - a.at)
    .map(({ label, score }) => ({ label, score }));

it('classifies texts as arithmetic does, one by one and in a batch', async () => {
  const options = { task: 'text-classification', model: 'mood' };
  const wanted = TEXTS.map(expected);
  const [facts, ...answers] = (await ask(options)).toReversed();
  expect(answers.toReversed()).toEqual(wanted);
  expect(facts).toEqual({ model: 'mood', runtime: expect.stringMatching(/^transformers\.js 4\./) });
  expect(await ask(options, TEXTS, true)).toEqual(wanted);
  expect(await ask({ ...options, runOptions: { top_k: 1 } }, TEXTS, true)).toEqual(wanted.map(([first]) => [first]));
  expect(await ask(options, [{ text: 'bad' }, {}, 7])).toMatchObject([
    expected('bad'),
    { code: 'INPUT_INVALID' },
    { code: 'INPUT_INVALID' },
    {},
  ]);
});

it('chooses from labels without having learnt them', async () => {
  const labels = ['sport', 'cats'];
  const text = 'a good day.';
  const entailed = labels.map((label) => logitsOf(idsOf(`${text} this is about ${label}.`))[2] ?? 0);
  const scores = softmax(entailed);
  const order = (scores[0] ?? 0) > (scores[1] ?? 0) ? [0, 1] : [1, 0];
  const runOptions = { hypothesis_template: 'This is about {}.' };
  const [answer] = await ask({ task: 'zero-shot-classification', model: 'nli', labels, runOptions }, [text]);
  expect(answer).toEqual({
    labels: order.map((index) => labels[index]),
    scores: order.map((index) => expect.closeTo(scores[index] ?? 0, 5) as number),
  });
});

it('embeds texts: the mean over tokens, without those that fill a batch up, of length 1', async () => {
  const wanted = TEXTS.map((text) =>
    embeddingOf(idsOf(text.toLowerCase().replaceAll(',', ' x '))).map((x) => expect.closeTo(x, 5) as number),
  );
  expect(await ask({ task: 'feature-extraction', model: 'embed' }, TEXTS, true)).toEqual(wanted);
});

it('writes a text, whole and in chunks', async () => {
  const options = { task: 'text-generation', model: 'write', runOptions: { max_new_tokens: 20 } };
  const [text] = await ask(options, ['this day']);
  expect(String(text).trim().split(/\s+/).join(' ').replace(/ ?\.$/, '.')).toBe('is a good cats.');
  const chunks = await page.evaluate((given) => app.stream(given, 'this day'), options);
  expect(chunks.length).toBeGreaterThan(2);
  expect(chunks.join('').trim()).toBe(String(text).trim());
});

it('waits for the page to say yes, and the next tier serves', async () => {
  const options = { task: 'text-classification', model: 'mood' };
  const [{ label } = { label: '' }] = expected('good day') as readonly { readonly label: string }[];
  expect(await page.evaluate((given) => app.serves(given), options)).toEqual(['rules', 'a bug', label]);
});

it('aborts at once, and refuses calls when it is closed', async () => {
  const options = { task: 'text-classification', model: 'mood' };
  const [{ label } = { label: '' }] = expected('good') as readonly { readonly label: string }[];
  expect(await page.evaluate((given) => app.aborts(given), options)).toEqual(['early', 'while it loads', label, 'CLOSED']);
});

it('a model that is not there is no reason to ask another origin', async () => {
  expect(await ask({ task: 'text-classification', model: 'none' }, ['good'])).toMatchObject([
    { code: 'PREDICTOR_FAILED', message: expect.stringContaining('The model none could not be loaded: ') },
    {},
  ]);
});
