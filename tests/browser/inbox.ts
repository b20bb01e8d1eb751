import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Plugin } from 'vitest/config';

/** A request that the inbox has received. */
interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Length of the body in bytes. */
  readonly bytes: number;
  readonly status: number;
}

/** What the inbox answers; `held`: after the box is released. */
interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly held?: boolean;
}

interface Box {
  readonly received: Received[];
  readonly answers: Answer[];
  /** Requests that have come and have no answer yet. */
  readonly held: (() => void)[];
}

/**
 * A server for tests that post from a page. `POST /inbox/<box>` receives, with 204 or what was put in before; `PUT` puts in
 * answers for the next requests, or takes all of them out where it has none, `GET` tells what was received, `DELETE` answers the requests that are held.
 */
export function inbox(): Plugin {
  const boxes = new Map<string, Box>();
  const boxOf = (name: string): Box => {
    const box = boxes.get(name) ?? { received: [], answers: [], held: [] };
    boxes.set(name, box);
    return box;
  };

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const box = boxOf(request.url ?? '');
    const body = await text(request);
    if (request.method === 'PUT') {
      const answers = JSON.parse(body) as readonly Answer[];
      if (answers.length === 0) box.answers.length = 0;
      box.answers.push(...answers);
    }
    if (request.method === 'GET')
      return void response.setHeader('content-type', 'application/json').end(JSON.stringify(box.received));
    if (request.method === 'DELETE') box.held.splice(0).forEach((answer) => answer());
    if (request.method !== 'POST') return void response.writeHead(204).end();
    const { status, headers, held = false } = box.answers.shift() ?? { status: 204 };
    box.received.push({ headers: request.headers, body, bytes: Buffer.byteLength(body), status });
    const answer = (): void => void response.writeHead(status, headers).end();
    if (held) box.held.push(answer);
    else answer();
  };

  return {
    name: 'inbox',
    configureServer(server) {
      server.middlewares.use('/inbox', (request, response) => void take(request, response));
    },
  };
}
