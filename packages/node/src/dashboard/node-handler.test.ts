import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { connect, type AddressInfo } from 'node:net';
import { createUnderstudy } from '@understudy/core';
import fastify from 'fastify';
import { Hono } from 'hono';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { dashboard, type Dashboard, type DashboardOptions, toNodeHandler } from '../dashboard.ts';

/** Its types are a package of their own. */
interface Express {
  (request: IncomingMessage, response: ServerResponse): void;
  use(...parts: readonly unknown[]): void;
}
const express = createRequire(import.meta.url)('express') as (() => Express) & { json(): unknown };

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

function setUp(options: DashboardOptions = { authorize: () => ({ id: 'ana', roles: ['owner'], may: 'control' }) }): Dashboard {
  const understudy = createUnderstudy();
  understudy.defineModel(
    { name: 'm', input: z.object({}), output: z.object({}) },
    { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
  );
  const ops = dashboard(understudy, options);
  open.push(() => ops.close());
  return ops;
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const PAUSE = { model: 'm', command: 'pause', reason: 'a test', version: 0 };

/** What works wherever it is mounted: the page and what it asks for, a command, a forged origin, a stream. */
async function works(base: string): Promise<boolean> {
  const page = await fetch(`${base}/`);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const script = /src="\.\/([^"]+)"/.exec(await page.text())?.[1] ?? '';
  const file = await fetch(`${base}/${script}`);
  expect([file.status, (await file.text()).length > 50_000]).toEqual([200, true]);
  const bare = await fetch(base, { redirect: 'manual' });
  expect([200, 308]).toContain(bare.status);
  const post = (origin: string): Promise<Response> =>
    fetch(`${base}/api/command`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify(PAUSE),
    });
  expect((await post('https://evil.example')).status).toBe(403);
  expect((await post(new URL(base).origin)).status).toBe(200);
  expect(await (await fetch(`${base}/api/status`)).json()).toMatchObject({ models: [{ status: { control: { paused: true } } }] });
  const stream = await fetch(`${base}/api/live`);
  const reader = stream.body?.getReader();
  let text = '';
  while (!text.includes('event: live')) text += new TextDecoder().decode((await reader?.read())?.value);
  await reader?.cancel();
  return (await fetch(`${base}/healthz`)).ok;
}

describe('it works in', () => {
  it('node:http', async () => {
    const handle = toNodeHandler(setUp());
    expect(await works(await listening(createServer((request, response) => void handle(request, response))))).toBe(true);
  });

  it('Express, below a path, with the body parsed before', async () => {
    const app = express();
    app.use(express.json());
    app.use('/ops', toNodeHandler(setUp()));
    expect(await works(`${await listening(createServer(app))}/ops`)).toBe(true);
  });

  it('Express, with the body left alone', async () => {
    const app = express();
    app.use('/a/ops', toNodeHandler(setUp()));
    expect(await works(`${await listening(createServer(app))}/a/ops`)).toBe(true);
  });

  it('Fastify', async () => {
    const app = fastify();
    const handle = toNodeHandler(setUp());
    app.all('/ops', handle);
    app.all('/ops/*', handle);
    await app.listen({ port: 0, host: '127.0.0.1' });
    open.push(() => {
      app.server.closeAllConnections();
      return app.close();
    });
    expect(await works(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}/ops`)).toBe(true);
  });

  it('Hono, as it is', async () => {
    const ops = setUp();
    const app = new Hono();
    app.all('/ops/*', (context) => ops(context.req.raw, context));
    const answer = async (path: string, init?: RequestInit) => app.request(`http://host${path}`, init);
    expect((await answer('/ops/')).status).toBe(200);
    expect((await answer('/ops/api/status')).status).toBe(200);
    const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
    expect((await answer('/ops/api/command', { method: 'POST', headers, body: JSON.stringify(PAUSE) })).status).toBe(200);
  });
});

it('authorize is given the request of the framework', async () => {
  const authorize = vi.fn<NonNullable<DashboardOptions['authorize']>>(() => undefined);
  const app = express();
  app.use((request: object, _: unknown, next: () => void) => {
    Object.assign(request, { user: 'ana' });
    next();
  });
  app.use('/ops', toNodeHandler(setUp({ authorize })));
  const base = await listening(createServer(app));
  expect((await fetch(`${base}/ops/`)).status).toBe(403);
  expect(authorize).toHaveBeenCalledWith(expect.any(Request), expect.objectContaining({ user: 'ana' }));
});

describe('a connection', () => {
  it('that goes away ends its stream', async () => {
    const cancelled = vi.fn<() => void>();
    const handle = toNodeHandler(async () => new Response(new ReadableStream({ cancel: cancelled })));
    const base = await listening(createServer((request, response) => void handle(request, response)));
    const abort = new AbortController();
    await fetch(base, { signal: abort.signal });
    abort.abort();
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalled());
  });

  it('that does not read is not written to without end', async () => {
    let made = 0;
    const chunk = new Uint8Array(65_536);
    const handle = toNodeHandler(
      async () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              made++;
              controller.enqueue(chunk);
            },
          }),
        ),
    );
    const base = await listening(createServer((request, response) => void handle(request, response)));
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    let before = -1;
    // As much as the buffers of the system take, and no more.
    await vi.waitFor(
      () => {
        const [now, then] = [made, before];
        before = made;
        expect(now).toBeGreaterThan(0);
        expect(now).toBe(then);
      },
      { interval: 200, timeout: 20_000 },
    );
    expect(made).toBeLessThan(2000);
    socket.destroy();
  });

  it('that breaks while it is answered breaks nothing else', async () => {
    const handle = toNodeHandler(setUp());
    const base = await listening(createServer((request, response) => void handle(request, response)));
    for (let index = 0; index < 20; index++) {
      const socket = connect(Number(new URL(base).port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        index % 2 === 0
          ? 'POST /api/command HTTP/1.1\r\nhost: x\r\norigin: http://x\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"mod'
          : 'GET /api/live HTTP/1.1\r\nhost: x\r\n\r\n',
      );
      await once(socket, 'connect');
      socket.resetAndDestroy();
    }
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });

  it.each(['//evil.example/api/status', 'http://evil.example/healthz', '/healthz?x=//y', '/%ff'])(
    'that asks for %j is answered, and names no other host',
    async (path) => {
      const seen: string[] = [];
      const handle = toNodeHandler(async (request) => {
        seen.push(new URL(request.url).host);
        return new Response('');
      });
      const base = await listening(createServer((request, response) => void handle(request, response)));
      const port = Number(new URL(base).port);
      const status = await new Promise((resolve, reject) => {
        httpRequest({ port, path, host: '127.0.0.1' }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
      expect(status).toBe(200);
      expect(seen).toEqual([`127.0.0.1:${port}`]);
    },
  );

  it('with a Host that is none is refused', async () => {
    const handle = toNodeHandler(setUp());
    const base = await listening(createServer((request, response) => void handle(request, response)));
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nhost: a b/\r\nconnection: close\r\n\r\n');
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('is told 500 where the handler rejects', async () => {
    const handle = toNodeHandler(() => Promise.reject(new Error('secret')));
    const base = await listening(createServer((request, response) => void handle(request, response)));
    const response = await fetch(base);
    expect([response.status, await response.text()]).toEqual([500, '']);
  });
});
