import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Dashboard } from './dashboard.ts';

/** A request of `node:http`, or one of Express, which may have read the body already. */
type Incoming = IncomingMessage & { readonly originalUrl?: string; readonly body?: unknown };
/** A request and a reply of Fastify. */
interface Framed {
  readonly raw: IncomingMessage;
  readonly originalUrl?: string;
  readonly body?: unknown;
}
interface Reply {
  readonly raw: ServerResponse;
  hijack(): unknown;
}

/** Fits `createServer`, `app.use` of Express, and `app.all` of Fastify. */
export type NodeHandler = (request: Incoming | Framed, response: ServerResponse | Reply) => Promise<void>;

/**
 * Lets a web-standard handler answer requests of `node:http`, Express and Fastify: `createServer(toNodeHandler(ops))`. `authorize` gets the
 * request of the framework as its second argument. A body that was parsed before is taken as it is; streams flow no faster than the other
 * side reads, and end when it goes away.
 */
export function toNodeHandler(handler: Dashboard | ((request: Request, context?: unknown) => Promise<Response>)): NodeHandler {
  return async (given, replied) => {
    const incoming: Incoming = 'raw' in given ? given.raw : given;
    if ('hijack' in replied) replied.hijack();
    const response = 'hijack' in replied ? replied.raw : replied;
    // A broken connection is no error of the process.
    response.on('error', () => undefined);
    try {
      const request = requestOf(incoming, given);
      if (request === undefined) return void response.writeHead(400).end();
      await send(await handler(request, given), response);
    } catch {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }
  };
}

/** `undefined` for an address or headers that make no request. */
function requestOf(incoming: Incoming, given: Incoming | Framed): Request | undefined {
  const { method = 'GET', headers, socket } = incoming;
  const isSecure = 'encrypted' in socket && socket.encrypted === true;
  const path = given.originalUrl ?? incoming.url ?? '/';
  const host = headers.host ?? headers[':authority'];
  try {
    const url = new URL(`http${isSecure ? 's' : ''}://${typeof host === 'string' ? host : 'localhost'}`);
    // An absolute address in the request line, as proxies send it, or one that begins with two strokes, must not name another host.
    const [pathname, search] = path.startsWith('/') ? split(path) : split(new URL(path).pathname + new URL(path).search);
    url.pathname = pathname;
    url.search = search;
    const pairs = Object.entries(headers).filter(([name]) => !name.startsWith(':'));
    const init = { method, headers: pairs.map(([name, value]): [string, string] => [name, String(value)]) };
    if (method === 'GET' || method === 'HEAD') return new Request(url, init);
    const { body } = given;
    if (incoming.readableEnded || body !== undefined)
      return new Request(url, { ...init, body: typeof body === 'string' ? body : JSON.stringify(body ?? null) });
    const stream = Readable.toWeb(incoming) as unknown as ReadableStream<Uint8Array>;
    const streamed: RequestInit & { duplex: 'half' } = { ...init, body: stream, duplex: 'half' };
    return new Request(url, streamed);
  } catch {
    return undefined;
  }
}

function split(path: string): [pathname: string, search: string] {
  const at = path.indexOf('?');
  return at < 0 ? [path, ''] : [path.slice(0, at), path.slice(at)];
}

async function send(answer: Response, response: ServerResponse): Promise<void> {
  if (response.destroyed) return answer.body?.cancel();
  const cookies = answer.headers.getSetCookie();
  for (const [name, value] of answer.headers) if (name !== 'set-cookie') response.setHeader(name, value);
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  response.writeHead(answer.status);
  if (answer.body === null) return void response.end();
  response.flushHeaders();
  const reader = answer.body.getReader();
  // What waits for more to send must not wait for ever.
  const gone = (): void => void reader.cancel().catch(() => undefined);
  response.on('close', gone);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || response.destroyed) break;
      if (!response.write(value)) await drained(response);
    }
  } catch {
    // The rest of the answer cannot be made: the other side must see that it is not whole.
    response.destroy();
  }
  response.end();
}

/** Until the other side has read, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    if (response.destroyed) done();
  });
}
