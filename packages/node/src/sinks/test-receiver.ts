import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { UnderstudyError } from '@understudy/core';

/** A status, with headers; `hang`: no answer ever; `reset`: the connection is cut; `half`: in the middle of the answer's head. */
export type Answer = number | readonly [status: number, headers: Record<string, string>] | 'hang' | 'reset' | 'half';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  /** As it was sent. */
  readonly bytes: Buffer;
  /** Unpacked, and read as JSON. */
  readonly json: Record<string, unknown>;
}

/** A real server that keeps no process alive. It gives these answers in turn, then 204; or what `answer` says. */
export async function testReceiver(
  answers: readonly Answer[] | ((request: Received) => Answer) = [],
): Promise<{ readonly url: string; readonly received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      const got: Received = { headers: request.headers, bytes, json: JSON.parse(text.toString()) as Record<string, unknown> };
      const answer = typeof answers === 'function' ? answers(got) : (answers[received.length] ?? 204);
      received.push(got);
      if (answer === 'reset') request.socket.resetAndDestroy();
      else if (answer === 'half') request.socket.end('HTTP/1.1 200 O');
      else if (answer !== 'hang') {
        const [status, headers] = typeof answer === 'number' ? [answer, {}] : answer;
        response.writeHead(status, headers).end();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`, received };
}

/** The error of work that must fail with one of ours. */
export async function failureOf(work: unknown): Promise<UnderstudyError> {
  try {
    await work;
  } catch (error) {
    if (UnderstudyError.is(error)) return error;
    throw error;
  }
  throw new Error('expected an UnderstudyError');
}
