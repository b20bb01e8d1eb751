import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { onnx } from '@understudy/node/onnx';
import { fakeCall } from '@understudy/core/testing';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROWSERS, bundled, launch, site } from './browsers.ts';
import { facts } from './facts.ts';

declare const app: {
  readonly facts: typeof facts;
  readonly probabilities: (rows: readonly (readonly number[])[]) => Promise<readonly (readonly number[])[]>;
};

const pageWith = (features: readonly string[]): string => `
import { onnx } from '@understudy/browser/onnx';
import { fakeCall } from '@understudy/core/testing';
import { facts } from './tests/page/facts.ts';
const predict = onnx({ model: '/champion.onnx', features: ${JSON.stringify(features)}, workerUrl: '/worker.js', wasmPaths: '/' });
globalThis.app = {
  facts,
  probabilities: async (rows) => {
    const answers = await predict.predictBatch(rows, fakeCall());
    await predict.close();
    return answers.map(({ probabilities }) => Array.from(probabilities));
  },
};`;

const WORKER = `
import { serveOnnx } from '@understudy/browser/onnx';
serveOnnx(() => import('onnxruntime-web/wasm'));`;

const fileOf = (path: string): URL => new URL(`../../packages/browser/${path}`, import.meta.url);
const { featureNames, rows } = JSON.parse(await readFile(fileOf('test-data/rows.json'), 'utf8')) as {
  readonly featureNames: readonly string[];
  readonly rows: readonly (readonly number[])[];
};
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

let script = '';
let worker = '';
beforeAll(async () => {
  [script, worker] = await Promise.all([bundled(pageWith(featureNames)), bundled(WORKER, 'packages/browser')]);
});

describe.each(BROWSERS)('in %s', (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch(name);
  });
  afterAll(() => browser?.close());

  it('hashes, assignments, sketches and draws are those of Node; statistics to 12 digits; probabilities of a model to 1e-5', async () => {
    const here = await site(browser, script, async (path, _request, response) => {
      response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
      if (path === '/worker.js') return response.end(worker);
      const folder = path.endsWith('.onnx') ? 'test-data' : 'node_modules/onnxruntime-web/dist';
      return response.end(await readFile(fileOf(`${folder}/${basename(path)}`)));
    });
    const page = await here.page();
    const [there, own] = [await page.evaluate(() => app.facts()), await facts()];
    expect(there.exact).toEqual(JSON.parse(JSON.stringify(own.exact)));
    expect(new Set((own.exact[0] as [string][]).map(([variant]) => variant))).toEqual(new Set(['v1', 'v2']));
    expect(there.numbers).toHaveLength(own.numbers.length);
    for (const [index, number] of own.numbers.entries()) expect(there.numbers[index]).toBeCloseTo(number, 12);

    const predict = onnx({ path: fileOf('test-data/champion.onnx'), features: featureNames });
    const inNode = (await predict.predictBatch(rows, fakeCall())) as readonly { readonly probabilities: ArrayLike<number> }[];
    await predict.close();
    const inBrowser = await page.evaluate((given) => app.probabilities(given), rows);
    const distances = inNode.flatMap(({ probabilities }, row) =>
      Array.from(probabilities, (p, index) => Math.abs(p - (inBrowser[row]?.[index] ?? Number.NaN))),
    );
    expect(distances).toHaveLength(2 * rows.length);
    expect(Math.max(...distances)).toBeLessThan(1e-5);
    expect(here.errors).toEqual([]);
    await here.end();
  });
});
