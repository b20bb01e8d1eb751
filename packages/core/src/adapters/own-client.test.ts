import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import ky from 'ky';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { compose } from '../policies/compose.ts';
import { timeout } from '../policies/timeout.ts';
import type { Call } from '../types/index.ts';
import { http } from './http.ts';
import { openInference } from './open-inference.ts';
import { fakeCall } from '../testing/fake-call.ts';

let server: Server | undefined;
let asked: IncomingMessage[] = [];

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request);
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((ready) => server?.listen(0, '127.0.0.1', ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((closed) => (server === undefined ? closed(undefined) : server.close(closed)));
  server = undefined;
});

const callWith = (signal = new AbortController().signal): Call => fakeCall({ signal });
const ok = (_: IncomingMessage, response: ServerResponse): void => void response.end('{}');

/** An instance that would try again at once, give up after 20 ms and throw at a status. */
const eager = ky.create({
  retry: { limit: 3, methods: ['get', 'post'], statusCodes: [503], delay: () => 1 },
  timeout: 20,
  totalTimeout: 20,
  throwHttpErrors: true,
  redirect: 'follow',
});

describe('http with a ky of the user', () => {
  it('runs its hooks and sends its headers, over which those of the adapter win', async () => {
    const url = await listen(ok);
    const after = vi.fn<() => void>();
    const client = ky.create({
      headers: { authorization: 'theirs', 'x-team': 'fraud', accept: 'application/vnd.scores+json' },
      hooks: {
        beforeRequest: [({ request }) => request.headers.set('x-signed', `${request.method} ${new URL(request.url).pathname}`)],
        afterResponse: [() => after()],
      },
    });
    await http({ url: `${url}/predict`, ky: client, headers: { authorization: 'ours' } })({ x: 1 }, callWith());
    expect(asked.map(({ headers }) => headers)).toMatchObject([
      {
        authorization: 'ours',
        'x-team': 'fraud',
        'x-signed': 'POST /predict',
        accept: 'application/vnd.scores+json',
        'content-type': 'application/json',
      },
    ]);
    expect(after).toHaveBeenCalledOnce();
  });

  it('sends once: a 503 is not tried again, and is HTTP_STATUS', async () => {
    const url = await listen((_, response) => void response.writeHead(503).end('busy'));
    await expect(http({ url, ky: eager })({}, callWith())).rejects.toMatchObject({
      code: 'HTTP_STATUS',
      details: { status: 503 },
    });
    expect(asked).toHaveLength(1);
  });

  it.each([301, 302, 303, 307, 308])('follows no %d', async (status) => {
    const url = await listen((_, response) => void response.writeHead(status, { location: '/elsewhere' }).end());
    await expect(http({ url, ky: eager })({}, callWith())).rejects.toMatchObject({ code: 'HTTP_STATUS', details: { status } });
    expect(asked.map((request) => request.url)).toEqual(['/']);
  });

  it('has no timeout of its own: a slow answer comes', async () => {
    const url = await listen((_, response) => void setTimeout(() => response.end('{"slow":true}'), 100));
    expect(await http({ url, ky: eager })({}, callWith())).toEqual({ slow: true });
  });

  it('ends with the deadline of the call', async () => {
    const url = await listen((request, response) => void (asked.length === 1 && ok(request, response)));
    const predict = http({ url, ky: eager });
    await predict({}, callWith());
    const work = compose(timeout({ ms: 200 }))(({ signal }) => predict({}, callWith(signal)));
    await expect(work).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(asked).toHaveLength(2);
  });

  it('sends by the fetch of the instance, or by that of the adapter', async () => {
    const [theirs, ours] = [0, 1].map((which) => vi.fn<typeof fetch>(async () => Response.json({ which })));
    const client = ky.create({ fetch: theirs as typeof fetch });
    expect(await http({ url: 'http://host', ky: client })({}, callWith())).toEqual({ which: 0 });
    expect(await http({ url: 'http://host', ky: client, fetch: ours as typeof fetch })({}, callWith())).toEqual({ which: 1 });
  });

  it('is as good with any function that sends as fetch does', async () => {
    const url = await listen(ok);
    expect(await http({ url, ky: fetch })({}, callWith())).toEqual({});
    expect(asked[0]?.headers['content-type']).toBe('application/json');
  });

  it.each([[{}], ['ky'], [null], [7]])('%j is refused as ky', (client) => {
    const refused = expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      details: { problems: [expect.objectContaining({ path: expect.stringMatching(/^(http|openInference)\.ky$/) })] },
    });
    expect(() => http({ url: 'http://host', ky: client as never })).toThrow(refused);
    expect(() => openInference({ url: 'http://host', model: 'm', ky: client as never })).toThrow(refused);
  });

  it.each([[undefined], [{}], ['{}']])('a function that answers %j is named as ky', async (answer) => {
    const work = http({ url: 'http://host', ky: () => answer as never })({}, callWith());
    await expect(work).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID', details: { problems: [{ path: 'ky' }] } });
  });

  it('is the only one: core loads none', async () => {
    vi.doMock('ky', () => {
      throw new Error('loaded');
    });
    vi.resetModules();
    try {
      const { http: fresh } = await import('./http.ts');
      const url = await listen(ok);
      expect(await fresh({ url, ky: eager })({}, callWith())).toEqual({});
      await expect(fresh({ url })({}, callWith())).rejects.toMatchObject({ cause: { message: 'loaded' } });
    } finally {
      vi.doUnmock('ky');
      vi.resetModules();
    }
  });
});

it('openInference asks with it, for predictions and for metadata', async () => {
  const url = await listen((request, response) => {
    const tensor = { name: 'p', datatype: 'FP64', shape: [1], data: [0.5] };
    response.end(JSON.stringify(request.method === 'GET' ? { name: 'm' } : { model_name: 'm', outputs: [tensor] }));
  });
  const client = ky.create({ headers: { 'x-team': 'fraud' } });
  const model = openInference<{ x: number }>({ url, model: 'm', features: ['x'], ky: client });
  await model({ x: 1 }, callWith());
  await model.metadata();
  expect(asked.map(({ method, headers }) => [method, headers['x-team']])).toEqual([
    ['POST', 'fraud'],
    ['GET', 'fraud'],
  ]);
});
