import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build, type BuildOptions } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright';

/** What the server has been asked for of a file. */
export interface Asked {
  readonly method: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server with a page and files, a fresh profile of the browser, and what both have seen. */
export interface ModelSite {
  readonly url: string;
  readonly asked: Asked[];
  readonly context: BrowserContext;
  /** Answers requests for this path, in place of what was there. */
  readonly serve: (path: string, answer: Answer) => void;
  readonly page: (url?: string) => Promise<Page>;
  /** Fails where a page had an error, or asked another server. */
  readonly end: () => Promise<void>;
}

/** A script for a page, from source. */
export const bundled = (contents: string): Promise<string> =>
  scriptOf({ stdin: { contents, resolveDir: 'packages/browser', loader: 'js' } });

/** A worker of the package, from source. */
export const worker = (name: string): Promise<string> => scriptOf({ entryPoints: [`packages/browser/src/${name}.ts`] });

async function scriptOf(options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    ...options,
    bundle: true,
    format: 'esm',
    write: false,
    conditions: ['@understudy/source', 'browser', 'import'],
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}

const WATCHED = `addEventListener('unhandledrejection', ({ reason }) => { throw new Error('unhandled: ' + reason); });\n`;

/** @param script of the page; it must end by setting `globalThis.app` */
export async function modelSite(browser: Browser, script: string): Promise<ModelSite> {
  const answers = new Map<string, Answer>();
  const asked: Asked[] = [];
  /** Of pages, rejections that nobody handled among them. */
  const errors: string[] = [];
  /** Addresses that pages asked for, other than this server's. */
  const strangers: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const answer = answers.get(path);
    if (answer === undefined) return void response.writeHead(404).end();
    const { range, 'if-range': ifRange } = request.headers;
    if (path.startsWith('/files/'))
      asked.push({ method: request.method ?? '', range, ifRange: typeof ifRange === 'string' ? ifRange : undefined });
    return answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const html = '<!doctype html><title>A page</title><script type="module" src="/app.js"></script>';
  answers.set('/', (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end(html));
  answers.set('/app.js', (_, response) => response.writeHead(200, { 'content-type': 'text/javascript' }).end(WATCHED + script));
  const context = await browser.newContext();
  context.on('request', (request) => {
    const { protocol, port } = new URL(request.url());
    if (/^https?:$/.test(protocol) && port !== new URL(url).port) strangers.push(request.url());
  });
  return {
    url,
    asked,
    context,
    serve: (path, answer) => void answers.set(path, answer),
    page: async (at = url) => {
      const page = await context.newPage();
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(at);
      await page.waitForFunction(() => 'app' in globalThis);
      return page;
    },
    end: async () => {
      await context.close();
      server.closeAllConnections();
      server.close();
      const wrong = [...errors, ...strangers.map((address) => `${address} was asked for`)];
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
    },
  };
}

/** Bytes that no packing makes shorter, the same each time. */
export function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Serves bytes as a good server does: with a strong ETag, ranges and If-Range. */
export function file(bytes: Buffer, etag = `"${digestOf(bytes).slice(7, 23)}"`): Answer {
  return (request, response) => {
    const from = rangeOf(request, etag);
    const headers = { etag, 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' };
    if (request.method === 'HEAD') return void response.writeHead(200, { ...headers, 'content-length': bytes.length }).end();
    if (from === undefined) return void response.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes);
    if (from >= bytes.length) return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    const rest = bytes.subarray(from);
    const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    return void response.writeHead(206, { ...headers, 'content-range': range, 'content-length': rest.length }).end(rest);
  };
}

/** Where a request begins; `undefined` for the whole. */
export function rangeOf(request: IncomingMessage, etag?: string): number | undefined {
  const { range, 'if-range': ifRange } = request.headers;
  if (ifRange !== undefined && ifRange !== etag) return undefined;
  const from = /^bytes=(\d+)-$/.exec(range ?? '')?.[1];
  return from === undefined ? undefined : Number(from);
}
