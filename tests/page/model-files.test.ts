import { gzipSync } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, bundled, digestOf, file, modelSite, type ModelSite, noise, rangeOf } from './model-site.ts';

interface Got {
  readonly length?: number;
  readonly sha?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly retryable: boolean; readonly status?: number };
  /** The first, the last, and how many there were. */
  readonly progress: readonly { readonly received: number; readonly total?: number; readonly from: string }[];
}

/** What the pages of these tests can be asked. */
declare const app: {
  readonly get: (options: object) => Promise<Got>;
  readonly status: (options: object) => Promise<object>;
  readonly size: (options: object) => Promise<number | undefined>;
  readonly list: () => Promise<
    readonly { readonly name: string; readonly digest: string; readonly whole: boolean; readonly bytes: number }[]
  >;
  readonly evict: (maxBytes?: number) => Promise<readonly { readonly name: string }[]>;
  readonly remove: (options: object) => Promise<void>;
  readonly serves: (options: object) => Promise<readonly string[]>;
  readonly begin: (options: object) => void;
  readonly together: (options: object) => Promise<readonly string[]>;
};

const PAGE = `
import { evictModelFiles, listModelFiles, modelFile } from '@understudy/browser/model-files';
import { always, defineModel } from '@understudy/core';
const shaOf = async (bytes) => crypto.subtle === undefined ? '' :
  'sha256:' + [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const get = async (options, more = {}) => {
  const all = [];
  const told = () => all.length < 2 ? all : [all[0], all.at(-1)];
  try {
    const bytes = await modelFile(options).get({ onProgress: (progress) => all.push(progress), ...more });
    return { length: bytes.byteLength, sha: await shaOf(bytes), progress: told() };
  } catch ({ code, message, retryable, details }) {
    return { error: { code, message, retryable, status: details?.status }, progress: told() };
  }
};
globalThis.app = {
  get,
  begin: (options) => void get(options),
  status: (options) => modelFile(options).status(),
  size: (options) => modelFile(options).size(),
  remove: (options) => modelFile(options).remove(),
  list: async () => (await listModelFiles()).map(({ usedAt, ...rest }) => rest),
  evict: evictModelFiles,
  // Two wait for one download; one of them leaves.
  together: async (options) => {
    const file = modelFile(options);
    const leaving = new AbortController();
    const all = [
      file.get({ signal: leaving.signal }),
      file.get(),
      file.get(),
      file.get({ onProgress: () => { throw new Error('a bug'); } }),
    ];
    leaving.abort(new Error('left'));
    const ends = await Promise.allSettled(all);
    // Each has bytes of its own.
    const [second, third] = [ends[1].value, ends[2].value];
    structuredClone(second, { transfer: [second] });
    return [ends[0].reason.message, String(third.byteLength), ends[3].reason.message];
  },
  serves: async (options) => {
    const file = modelFile(options);
    const any = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
    const model = defineModel({ name: 'm', input: any, output: any }, {
      variants: { device: { version: '1', predictor: async () => 'device ' + (await file.load()).byteLength } },
      champion: 'device',
      fallback: [always('rules')],
    });
    const said = [];
    const ask = async () => {
      const decision = await model.predict({});
      const { output } = decision;
      said.push(output);
      const [attempt] = decision.explain().attempts;
      if (output === 'rules') said.push(attempt.errorType);
    };
    await ask();
    const got = file.get();
    await ask();
    await got;
    await ask();
    await ask();
    return said;
  },
};`;

const MIB = 1024 * 1024;
const V1 = noise(3 * MIB + 77, 1);
const V2 = noise(3 * MIB + 99, 2);
const WANTED = { url: '/files/model.onnx', digest: digestOf(V1) };
const RESUMED = { method: 'GET', range: `bytes=${2 * MIB}-`, ifRange: undefined };
const LONG = { timeout: 120_000 };

let script = '';
let browser: Browser;
let here: ModelSite;
let page: Page;

beforeAll(async () => {
  script = await bundled(PAGE);
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP plain.test 127.0.0.1'],
  });
});
afterAll(() => browser?.close());
beforeEach(async () => {
  here = await modelSite(browser, script);
  page = await here.page();
});
afterEach(async () => {
  await here.end();
});

const get = (options: object = WANTED, on = page): Promise<Got> => on.evaluate((given) => app.get(given), options);
const status = (options: object = WANTED): Promise<object> => page.evaluate((given) => app.status(given), options);
const serve = (answer: Answer): void => here.serve('/files/model.onnx', answer);
const GOT = { length: V1.length, sha: digestOf(V1) };

/** Sends so many bytes and then nothing, until it is told how it goes on. */
function heldAt(
  bytes: number,
  headers: Readonly<Record<string, string | number>> = { etag: '"v1"', 'content-length': V1.length },
  file: Buffer = V1,
): {
  readonly answer: Answer;
  readonly cut: () => void;
} {
  let held: Parameters<Answer>[1] | undefined;
  return {
    answer: (_, response) => {
      held = response;
      response.writeHead(200, headers).write(file.subarray(0, bytes));
    },
    cut: () => held?.destroy(),
  };
}

/** Has a download break off after its second part. */
async function breakOff(headers?: Readonly<Record<string, string | number>>, bytes?: Buffer): Promise<Got> {
  const held = heldAt(2.5 * MIB, headers, bytes);
  serve(held.answer);
  const got = get();
  await expect.poll(() => status(), LONG).toMatchObject({ state: 'partial', received: 2 * MIB });
  held.cut();
  const broken = await got;
  here.asked.length = 0;
  return broken;
}

describe('a download', () => {
  it('happens when it is asked for, once, and is told before, on its way, and after', async () => {
    serve(file(V1));
    expect([await status(), here.asked]).toEqual([{ state: 'absent', received: 0 }, []]);
    expect(await page.evaluate((given) => app.size(given), WANTED)).toBe(V1.length);
    expect(here.asked).toMatchObject([{ method: 'HEAD' }]);
    const total = V1.length;
    const network = [
      { received: 0, total, from: 'network' },
      { received: total, total, from: 'network' },
    ];
    expect(await get()).toEqual({ ...GOT, progress: network });
    expect(await status()).toEqual({ state: 'kept', received: total, total });
    await page.reload();
    const device = [
      { received: MIB, total, from: 'device' },
      { received: total, total, from: 'device' },
    ];
    expect(await get()).toEqual({ ...GOT, progress: device });
    expect(here.asked).toHaveLength(2);
  });

  it('of several who wait in one page is one; each has its bytes, and may leave', async () => {
    serve(file(V1));
    expect(await page.evaluate((given) => app.together(given), WANTED)).toEqual(['left', String(V1.length), 'a bug']);
    expect(here.asked).toHaveLength(1);
  });

  it('of three tabs is one, and the others see how far it is', async () => {
    const held = heldAt(2 * MIB);
    serve(held.answer);
    const others = [await here.page(), await here.page()];
    const first = get();
    await expect.poll(() => status(), LONG).toMatchObject({ received: 2 * MIB });
    const late = others.map((tab) => get(WANTED, tab));
    serve(file(V1, '"v1"'));
    held.cut();
    // The tab whose connection broke is told; the next one goes on where it was, and the last one downloads nothing.
    expect(await first).toMatchObject({ error: { code: 'PREDICTOR_FAILED', retryable: true } });
    expect(await Promise.all(late)).toMatchObject([GOT, GOT]);
    expect(here.asked).toEqual([
      { method: 'GET', range: undefined, ifRange: undefined },
      { ...RESUMED, ifRange: '"v1"' },
    ]);
  });

  it('of a tab that is killed goes on in the next one', async () => {
    const held = heldAt(2 * MIB + 500);
    serve(held.answer);
    const tab = await here.page();
    await tab.evaluate((given) => app.begin(given), WANTED);
    await expect.poll(() => status(), LONG).toMatchObject({ state: 'partial', received: 2 * MIB, total: V1.length });
    const crashed = tab.waitForEvent('crash', LONG);
    const session = await here.context.newCDPSession(tab);
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    serve(file(V1, '"v1"'));
    here.asked.length = 0;
    expect(await get()).toMatchObject({ ...GOT, progress: [{ received: 2 * MIB }, { received: V1.length }] });
    expect(here.asked).toEqual([{ ...RESUMED, ifRange: '"v1"' }]);
  });

  it('that breaks off says where, and may be tried again', async () => {
    const { error } = await breakOff();
    expect(error).toMatchObject({
      code: 'PREDICTOR_FAILED',
      retryable: true,
      message: expect.stringMatching(/^The download of .*\/files\/model\.onnx broke off after \d+ bytes: /),
    });
  });

  it('of which nothing comes for too long has broken off', async () => {
    serve(heldAt(MIB + 1).answer);
    expect(await get({ ...WANTED, stallMs: 300 })).toMatchObject({
      error: { code: 'PREDICTOR_FAILED', retryable: true, message: expect.stringContaining('came for 300 ms') },
    });
    serve((request) => void request);
    expect(await get({ ...WANTED, stallMs: 300 })).toMatchObject({
      error: { message: expect.stringContaining('came for 300 ms') },
    });
  });

  it('whose last part was kept before its tab died needs no server', async () => {
    serve(file(V1));
    await get();
    await page.evaluate(async () => {
      const [name = ''] = await caches.keys();
      const cache = await caches.open(name);
      const at = 'https://understudy.invalid/manifest';
      const manifest = (await (await cache.match(at))?.json()) as object;
      await cache.put(at, new Response(JSON.stringify({ ...manifest, whole: false })));
    });
    here.asked.length = 0;
    await here.context.setOffline(true);
    expect(await get()).toMatchObject(GOT);
    expect(here.asked).toEqual([]);
  });
});

/** Packs whatever it sends, ranges of it too. */
const packing: Answer = (request, response) => {
  const from = rangeOf(request, '"v1"') ?? 0;
  const packed = gzipSync(V1);
  const range = { 'content-range': `bytes ${from}-${V1.length - 1}/${V1.length}` };
  response
    .writeHead(from === 0 ? 200 : 206, { 'content-encoding': 'gzip', ...(from === 0 ? {} : range) })
    .end(packed.subarray(from));
};

describe('after a break, a server', () => {
  it.each<[string, Answer, readonly (string | undefined)[]]>([
    ['that has no ranges sends the whole', (_, response) => void response.writeHead(200).end(V1), [RESUMED.range]],
    ['whose file has changed, and is the right one now, sends the whole', file(V1, '"new"'), [RESUMED.range]],
    [
      'that sends another range is asked for the whole',
      (request, response) => {
        const from = rangeOf(request, '"v1"');
        const headers = { 'content-range': `bytes 5-${V1.length - 1}/${V1.length}` };
        if (from === undefined) response.writeHead(200).end(V1);
        else response.writeHead(206, headers).end(V1.subarray(5));
      },
      [RESUMED.range, undefined],
    ],
    [
      'that tells no range is asked for the whole',
      (request, response) =>
        void (rangeOf(request, '"v1"') === undefined ? response.writeHead(200) : response.writeHead(206)).end(
          V1.subarray(rangeOf(request, '"v1"') ?? 0),
        ),
      [RESUMED.range, undefined],
    ],
    [
      'that says 416 is asked for the whole',
      (request, response) =>
        void (rangeOf(request, '"v1"') === undefined ? response.writeHead(200).end(V1) : response.writeHead(416).end()),
      [RESUMED.range, undefined],
    ],
    [
      'that ignores If-Range and has had another file is asked for the whole',
      (request, response) => {
        const from = rangeOf(request, '"v1"');
        if (from === undefined) response.writeHead(200).end(V1);
        else
          response
            .writeHead(206, { 'content-range': `bytes ${from}-${V1.length - 1}/${V1.length}` })
            .end(V2.subarray(from, V1.length));
      },
      [RESUMED.range, undefined],
    ],
  ])('%s', async (_, answer, ranges) => {
    await breakOff();
    serve(answer);
    expect(await get()).toMatchObject(GOT);
    expect(here.asked.map(({ range }) => range)).toEqual(ranges);
    expect(await status()).toMatchObject({ state: 'kept' });
  });

  it('that packs what it sends is asked for the whole, since it may not know the rest of what is unpacked', async () => {
    const packed = gzipSync(V1);
    await breakOff({ 'content-encoding': 'gzip', etag: '"v1"' }, packed);
    serve(packing);
    expect(await get()).toMatchObject(GOT);
    expect(here.asked.map(({ range }) => range)).toEqual([RESUMED.range, undefined]);
  });

  it('that packs ranges without having said so is asked for the whole at the fourth try', async () => {
    await breakOff();
    serve(packing);
    for (const _ of [1, 2, 3]) expect(await get()).toMatchObject({ error: { code: 'PREDICTOR_FAILED', retryable: true } });
    expect(await get()).toMatchObject(GOT);
  });

  it('that is away for long keeps nobody from what has come', async () => {
    await breakOff();
    serve((_, response) => void response.destroy());
    for (let round = 0; round < 5; round++) expect(await get()).toMatchObject({ error: { code: 'PREDICTOR_FAILED' } });
    serve(file(V1, '"v1"'));
    here.asked.length = 0;
    expect(await get()).toMatchObject(GOT);
    expect(here.asked).toEqual([{ ...RESUMED, ifRange: '"v1"' }]);
  });

  it('without a validator is asked for the rest all the same: the digest tells', async () => {
    await breakOff({ 'content-length': V1.length });
    serve(file(V1));
    expect(await get()).toMatchObject(GOT);
    expect(here.asked).toEqual([RESUMED]);
  });

  it('that breaks off again loses nothing; one that never sends any of the rest is asked anew', async () => {
    await breakOff();
    serve((request, response) => {
      const from = rangeOf(request, '"v1"') ?? 0;
      const headers = { 'content-range': `bytes ${from}-${V1.length - 1}/${V1.length}`, 'content-length': V1.length - from };
      response.writeHead(206, { etag: '"v1"', ...headers }).flushHeaders();
      setTimeout(() => response.destroy(), 50);
    });
    for (const _ of [1, 2, 3]) expect(await get()).toMatchObject({ error: { retryable: true } });
    expect(await status()).toMatchObject({ state: 'partial', received: 2 * MIB });
    serve(file(V1, '"v1"'));
    expect(await get()).toMatchObject(GOT);
    expect(here.asked.map(({ range }) => range)).toEqual([RESUMED.range, RESUMED.range, RESUMED.range, undefined]);
  });
});

describe('a server', () => {
  it('that packs its answers is read, and its length is of no use', async () => {
    // Zeros are packed to a thousandth: more comes than was said.
    const zeros = Buffer.alloc(2 * MIB + 5);
    const packed = gzipSync(zeros);
    serve(
      (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed),
    );
    const got = await get({ ...WANTED, digest: digestOf(zeros) });
    expect(got).toMatchObject({ length: zeros.length, sha: digestOf(zeros) });
    expect(got.progress.at(-1)).toEqual({ received: zeros.length, from: 'network' });
    // Noise becomes longer: less comes than was said.
    const longer = gzipSync(V1);
    serve(
      (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': longer.length }).end(longer),
    );
    expect(await get()).toMatchObject(GOT);
  });

  it.each<[string, Answer, object, object]>([
    [
      'with another file',
      file(V2),
      {},
      { code: 'RESPONSE_INVALID', retryable: false, message: expect.stringContaining(`not ${digestOf(V1).slice(7)}`) },
    ],
    [
      'with a page in place of the file',
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>'),
      {},
      { code: 'RESPONSE_INVALID', message: expect.stringContaining('15 bytes (text/html)') },
    ],
    [
      'that ends early',
      (_, response) => void response.writeHead(200).end(V1.subarray(0, MIB + 1)),
      { bytes: V1.length },
      {
        code: 'PREDICTOR_FAILED',
        retryable: true,
        message: expect.stringContaining(`broke off at ${MIB + 1} of ${V1.length} bytes`),
      },
    ],
    [
      'that says a larger length than it sends',
      (_, response) => {
        response.socket?.end(`HTTP/1.1 200 OK\r\ncontent-length: ${2 ** 40}\r\n\r\nshort`);
      },
      {},
      { code: 'PREDICTOR_FAILED', retryable: true },
    ],
    [
      'that says a smaller length than it sends',
      (_, response) => {
        response.socket?.end(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nlonger than five`);
      },
      {},
      { code: 'RESPONSE_INVALID' },
    ],
    [
      'whose file is larger than it must be',
      file(V2),
      { bytes: V1.length },
      { code: 'RESPONSE_INVALID', message: expect.stringContaining(`larger than the ${V1.length} bytes that it must have`) },
    ],
    [
      'that never ends',
      (_, response) => {
        response.writeHead(200);
        const more = (): void => {
          while (!response.destroyed && response.write(V1));
        };
        response.on('drain', more);
        more();
      },
      { maxBytes: 5 * MIB },
      { code: 'RESPONSE_INVALID', message: expect.stringContaining(`larger than the ${5 * MIB} bytes of maxBytes`) },
    ],
    [
      'that has no such file',
      (_, response) => void response.writeHead(404).end(),
      {},
      { code: 'HTTP_STATUS', status: 404, retryable: false },
    ],
    [
      'that is busy',
      (_, response) => void response.writeHead(503).end(),
      {},
      { code: 'HTTP_STATUS', status: 503, retryable: true },
    ],
    ['that answers without a body', (_, response) => void response.writeHead(204).end(), {}, { code: 'RESPONSE_INVALID' }],
    [
      'that sends a part nobody asked for',
      (_, response) => void response.writeHead(206).end(V1),
      {},
      { code: 'RESPONSE_INVALID' },
    ],
    ['that is not there', (_, response) => void response.destroy(), {}, { code: 'PREDICTOR_FAILED', retryable: true }],
  ])('%s: nothing is used or kept as whole', async (_, answer, more, error) => {
    serve(answer);
    const options = { ...WANTED, ...more };
    expect((await get(options)).error).toMatchObject(error);
    expect(await status(options)).not.toMatchObject({ state: 'kept' });
    serve(file(V1));
    expect(await get(options)).toMatchObject(GOT);
  });
});

describe('a server of another origin', () => {
  const allowed = { 'access-control-allow-origin': '*' };
  const other = (): object => ({ ...WANTED, url: `${here.url.replace('127.0.0.1', 'localhost')}files/model.onnx` });

  it('that exposes no headers is asked for the rest without a preflight', async () => {
    const held = heldAt(2.5 * MIB, { ...allowed, etag: '"v1"', 'content-length': V1.length });
    serve(held.answer);
    const broken = get(other());
    await expect.poll(() => status(other()), LONG).toMatchObject({ state: 'partial', received: 2 * MIB });
    held.cut();
    await broken;
    here.asked.length = 0;
    serve((request, response) => {
      const from = rangeOf(request) ?? 0;
      const range = { 'content-range': `bytes ${from}-${V1.length - 1}/${V1.length}` };
      response.writeHead(206, { ...allowed, ...range }).end(V1.subarray(from));
    });
    expect(await get(other())).toMatchObject(GOT);
    expect(here.asked).toEqual([RESUMED]);
  });

  it('that allows nobody is a connection that fails', async () => {
    serve(file(V1));
    expect(await get(other())).toMatchObject({ error: { code: 'PREDICTOR_FAILED', retryable: true } });
  });
});

describe('what is kept', () => {
  it('of an older version goes when the new one is whole, and not before', async () => {
    serve(file(V1));
    await get({ ...WANTED, version: '1' });
    const next = { ...WANTED, version: '2', digest: digestOf(V2) };
    const held = heldAt(2 * MIB);
    serve(held.answer);
    const got = get(next);
    await expect.poll(() => status(next), LONG).toMatchObject({ received: 2 * MIB });
    held.cut();
    await got;
    const list = (): ReturnType<typeof app.list> => page.evaluate(() => app.list());
    expect(await list()).toMatchObject([
      { version: '1', whole: true },
      { version: '2', whole: false },
    ]);
    serve(file(V2));
    expect(await get(next)).toMatchObject({ sha: digestOf(V2) });
    expect(await list()).toEqual([
      {
        name: 'model.onnx',
        version: '2',
        digest: digestOf(V2),
        url: `${here.url}files/model.onnx`,
        whole: true,
        bytes: V2.length,
      },
    ]);
  });

  it('goes by its last use when there is too much, and when it is removed', async () => {
    const files = [3, 4, 5, 6].map((seed) => noise(MIB + seed, seed));
    const options = files.map((bytes, index) => ({ url: `/files/${index}`, digest: digestOf(bytes), maxBytes: 3.5 * MIB }));
    files.forEach((bytes, index) => here.serve(`/files/${index}`, file(bytes)));
    const names = async (): Promise<readonly string[]> => (await page.evaluate(() => app.list())).map(({ name }) => name);
    for (const one of options.slice(0, 3)) await get(one);
    await get(options[0]);
    expect(await names()).toEqual(['1', '2', '0']);
    await get(options[3]);
    expect(await names()).toEqual(['2', '0', '3']);
    expect(await page.evaluate((bytes) => app.evict(bytes), 2.5 * MIB)).toMatchObject([{ name: '2' }]);
    await page.evaluate((given) => app.remove(given), options[0] ?? {});
    expect(await names()).toEqual(['3']);
    expect(await page.evaluate(() => app.evict())).toMatchObject([{ name: '3' }]);
    expect(await names()).toEqual([]);
    expect(await page.evaluate(() => caches.keys())).toEqual([]);
  });

  it('is checked when it is used: what has been changed, or is not all there, is downloaded again', async () => {
    serve(file(V1));
    await get();
    const at = (part: string): string => `https://understudy.invalid/${part}`;
    const change = (key: string, text: string | undefined): Promise<void> =>
      page.evaluate(
        async ([key, text]) => {
          const [name = ''] = await caches.keys();
          const cache = await caches.open(name);
          if (text === undefined) await cache.delete(key ?? '');
          else await cache.put(key ?? '', new Response(text));
        },
        [key, text] as const,
      );
    for (const [key, text] of [
      [at('1'), undefined],
      [at('0'), 'x'.repeat(MIB)],
      [at('manifest'), 'no JSON'],
      [at('manifest'), JSON.stringify({ v: 1, whole: true, digest: digestOf(V1).slice(7), name: 'x', url: 'x', parts: -1 })],
      [at('manifest'), undefined],
    ] as const) {
      await change(key, text);
      here.asked.length = 0;
      expect(await get()).toMatchObject(GOT);
      expect(here.asked).toMatchObject([{ range: undefined }]);
      expect(await status()).toMatchObject({ state: 'kept' });
    }
  });
});

describe('a browser that keeps nothing', () => {
  it('for want of room gives the bytes, and says so', async () => {
    const session = await here.context.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: here.url.slice(0, -1), quotaSize: 2 * MIB });
    serve(file(V1));
    expect(await get()).toMatchObject(GOT);
    expect(await status()).toMatchObject({ state: 'absent' });
    const got = await page.evaluate(async (given) => {
      await app.get(given);
      return caches.keys();
    }, WANTED);
    expect(got).toEqual([]);
    await session.send('Storage.overrideQuotaForOrigin', { origin: here.url.slice(0, -1) });
    await get();
    expect(await status()).toMatchObject({ state: 'kept' });
  });

  it('for want of room makes some of the version that it replaces', async () => {
    serve(file(V1));
    await get();
    const session = await here.context.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: here.url.slice(0, -1), quotaSize: 5 * MIB });
    serve(file(V2));
    const next = { ...WANTED, digest: digestOf(V2) };
    expect(await get(next)).toMatchObject({ sha: digestOf(V2) });
    expect(await status(next)).toMatchObject({ state: 'kept' });
    expect(await status()).toMatchObject({ state: 'absent' });
  });

  it.each([
    ['has no Cache Storage', `delete globalThis.caches; Object.defineProperty(globalThis, 'caches', { value: undefined })`],
    [
      'forbids it',
      `for (const name of ['match', 'open', 'keys', 'delete']) CacheStorage.prototype[name] = () => Promise.reject(new DOMException('no', 'SecurityError'))`,
    ],
    ['fails to write', `Cache.prototype.put = () => Promise.reject(new DOMException('no', 'UnknownError'))`],
    ['throws', `CacheStorage.prototype.match = () => { throw new Error('broken profile') }`],
    [
      'has no locks for it',
      `LockManager.prototype.request = () => Promise.reject(new DOMException('no', 'SecurityError')); Cache.prototype.put = () => Promise.reject(new Error('no'))`,
    ],
  ])('because it %s gives the bytes all the same', async (_, breakIt) => {
    await page.evaluate(breakIt);
    serve(file(V1));
    expect(await get()).toMatchObject(GOT);
    expect(await get({ ...WANTED, digest: digestOf(V2) })).toMatchObject({ error: { code: 'RESPONSE_INVALID' } });
    expect(await status()).toMatchObject({ state: 'absent' });
    expect(await page.evaluate(() => app.list())).toEqual([]);
  });

  it('because the page has no https gives what fits its digest, and nothing else', async () => {
    serve(file(V1));
    const plain = await here.page(here.url.replace('127.0.0.1', 'plain.test'));
    expect(await plain.evaluate(() => isSecureContext)).toBe(false);
    expect(await get(WANTED, plain)).toMatchObject({ length: V1.length });
    expect(await get({ ...WANTED, digest: digestOf(V2) }, plain)).toMatchObject({ error: { code: 'RESPONSE_INVALID' } });
    expect(await plain.evaluate((given) => app.status(given), WANTED)).toMatchObject({
      state: 'absent',
      unkept: expect.stringContaining('https'),
    });
  });
});

describe('a model whose file must be asked for', () => {
  it('is served by the next tier until the page has said yes and the file is there', async () => {
    serve(file(V1));
    const options = { ...WANTED, download: 'when-asked' };
    expect(await page.evaluate((given) => app.serves(given), options)).toEqual([
      'rules',
      'POLICY_REJECTED',
      'rules',
      'POLICY_REJECTED',
      `device ${V1.length}`,
      `device ${V1.length}`,
    ]);
    expect(here.asked).toHaveLength(1);
  });

  it('where nothing is kept has what the page has downloaded', async () => {
    await page.evaluate(`Cache.prototype.put = () => Promise.reject(new DOMException('no', 'UnknownError'))`);
    serve(file(V1));
    const said = await page.evaluate((given) => app.serves(given), { ...WANTED, download: 'when-asked' });
    expect(said.slice(4)).toEqual([`device ${V1.length}`, `device ${V1.length}`]);
    // The second load asks again: the page has said yes.
    expect(here.asked).toHaveLength(2);
  });
});
