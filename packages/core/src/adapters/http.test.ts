import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import type { Call } from '../types/index.ts';
import { http } from './http.ts';
import { fakeCall } from '../testing/fake-call.ts';

let server: Server | undefined;

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

async function listen(listener: Listener): Promise<string> {
  server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((ready) => server?.listen(0, '127.0.0.1', ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((closed) => (server === undefined ? closed(undefined) : server.close(closed)));
  server = undefined;
});

function callWith(signal = new AbortController().signal): Call {
  return fakeCall({ signal });
}

async function thrownBy(work: Promise<unknown>): Promise<UnderstudyError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (UnderstudyError.is(error)) return error;
  throw new Error(`expected an UnderstudyError, got ${String(error)}`, { cause: error });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** What {@link echo} answers. */
interface Echoed {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}
/** Answers what it was asked. */
const echo: Listener = async (request, response) => {
  const { method, url, headers } = request;
  response.end(JSON.stringify({ method, url, headers, body: await bodyOf(request) }));
};

describe('http', () => {
  it('posts the input as JSON and returns the JSON of the answer', async () => {
    const url = await listen(echo);
    const answer = (await http({ url: `${url}/predict` })({ age: 40 }, callWith())) as Echoed;
    expect(answer).toMatchObject({ method: 'POST', url: '/predict', body: '{"age":40}' });
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', accept: 'application/json' });
  });

  it('makes address, headers, body and output from what it is given', async () => {
    const url = await listen(echo);
    const predict = http({
      url: (input: { id: number }) => new URL(`/models/${input.id}`, url),
      method: 'PUT',
      headers: async () => ({ authorization: `Bearer ${await Promise.resolve('t1')}` }),
      idempotencyHeader: 'idempotency-key',
      body: (input) => ({ instances: [input.id] }),
      parse: (json, response) => ({ json: json as Echoed, status: response.status, url: response.url }),
    });
    const answer = await predict({ id: 7 }, callWith());
    expect(answer).toMatchObject({
      status: 200,
      url: `${url}/models/7`,
      json: { method: 'PUT', url: '/models/7', body: '{"instances":[7]}' },
    });
    expect(answer.json.headers).toMatchObject({ authorization: 'Bearer t1', 'idempotency-key': 'key-1' });
  });

  it.each([
    ['a string', 'a=1', 'a=1', 'text/plain;charset=UTF-8'],
    ['URLSearchParams', new URLSearchParams({ a: '1' }), 'a=1', 'application/x-www-form-urlencoded;charset=UTF-8'],
    ['bytes', new TextEncoder().encode('raw'), 'raw', undefined],
    ['a number', 5, '5', 'application/json'],
    ['null', null, 'null', 'application/json'],
  ])('sends %s as it should', async (_name, body, text, contentType) => {
    const url = await listen(echo);
    const answer = (await http({ url, body: () => body })('ignored', callWith())) as Echoed;
    expect([answer.body, answer.headers['content-type']]).toEqual([text, contentType]);
  });

  it('sends nothing with GET', async () => {
    const url = await listen(echo);
    const answer = (await http({ url, method: 'GET' })({ age: 40 }, callWith())) as Echoed;
    expect([answer.method, answer.body, answer.headers['content-type']]).toEqual(['GET', '', undefined]);
  });

  it("uses the caller's fetch", async () => {
    const fetch = vi.fn<typeof globalThis.fetch>(() => Promise.resolve(Response.json({ ok: 1 })));
    expect(await http({ url: 'https://nowhere.invalid/x', fetch })({}, callWith())).toEqual({ ok: 1 });
    expect(fetch).toHaveBeenCalledOnce();
  });

  it.each([429, 503])('asks once on %i and hands over status and Retry-After', async (status) => {
    let asked = 0;
    const url = await listen((_request, response) => {
      asked++;
      response.writeHead(status, { 'retry-after': 'Sat, 21 Nov 2026 09:00:03 GMT' });
      response.end('{"error":{"type":"overloaded","code":"slow_down"}}');
    });
    const clock = { wall: () => Date.UTC(2026, 10, 21, 9) };
    const error = await thrownBy(http({ url: `${url}/p?key=secret`, clock })({}, callWith()));
    expect(error.code).toBe('HTTP_STATUS');
    expect(error.details).toMatchObject({ status, type: 'overloaded', code: 'slow_down', retryAfterMs: 3000 });
    expect(error.message).toContain(`POST ${url}/p answered ${status}`);
    expect(error.message).not.toContain('secret');
    expect(asked).toBe(1);
  });

  it('keeps the status of an error whose body breaks off', async () => {
    const url = await listen((_request, response) => {
      response.writeHead(500, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    expect((await thrownBy(http({ url })({}, callWith()))).details.status).toBe(500);
  });

  it('reads no more of an error body than it shows', async () => {
    const url = await listen((_request, response) => {
      response.writeHead(502);
      const more = (): void => void response.write('x'.repeat(65_536), (error) => (error ? undefined : more()));
      more();
    });
    expect((await thrownBy(http({ url })({}, callWith()))).details['body']).toBe('x'.repeat(500));
  });

  it('names the field of a bare NaN', async () => {
    const url = await listen((_request, response) => response.end('{"predictions":[0.5,NaN]}'));
    const error = await thrownBy(http({ url })({}, callWith()));
    expect(error.code).toBe('RESPONSE_INVALID');
    expect(error.message).toContain('NaN at predictions[1]');
  });

  it.each([
    ['HTML', '<html>', 'text/html'],
    ['nothing', '', 'application/json'],
  ])('says that %s is no JSON', async (_name, body, type) => {
    const url = await listen((_request, response) => response.setHeader('content-type', type).end(body));
    const error = await thrownBy(http({ url })({}, callWith()));
    expect([error.code, error.message.includes(url)]).toEqual(['RESPONSE_INVALID', true]);
  });

  it('refuses a body that is too large while it is read', async () => {
    const closed = Promise.withResolvers<void>();
    const url = await listen((_request, response) => {
      response.on('close', closed.resolve);
      response.write(`"${'x'.repeat(2000)}`); // never ends
    });
    const error = await thrownBy(http({ url, maxResponseBytes: 1000 })({}, callWith()));
    expect([error.code, error.details['maxResponseBytes']]).toEqual(['RESPONSE_INVALID', 1000]);
    await closed.promise;
  });

  it('takes a body of exactly the limit', async () => {
    const url = await listen((_request, response) => response.end(`"${'é'.repeat(499)}"`));
    expect(await http({ url, maxResponseBytes: 1000 })({}, callWith())).toHaveLength(499);
  });

  it('reads a slow body to its end, split inside a character', async () => {
    const bytes = new TextEncoder().encode('{"text":"né"}');
    const url = await listen(async (_request, response) => {
      for (const byte of bytes) await new Promise((written) => response.write(Uint8Array.of(byte), written));
      response.end();
    });
    expect(await http({ url })({}, callWith())).toEqual({ text: 'né' });
  });

  it('row 10: a body that is still being read is not killed after the headers', async () => {
    const go = Promise.withResolvers<void>();
    const url = await listen(async (_request, response) => {
      response.write('[1,');
      await go.promise;
      response.end('2]');
    });
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const response = await globalThis.fetch(input, init);
      setTimeout(go.resolve, 20); // Headers have arrived and nobody holds the request any more.
      return response;
    };
    expect(await http({ url, fetch })({}, callWith())).toEqual([1, 2]);
  });

  it('reports a connection that is refused', async () => {
    const url = await listen(echo);
    await new Promise((closed) => server?.close(closed));
    const error = await thrownBy(http({ url })({}, callWith()));
    expect([error.code, error.retryable]).toEqual(['PREDICTOR_FAILED', true]);
    expect(error.message).toBe(`POST ${url}/ could not be reached.`);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it.each(['before the headers', 'in the body'])('reports a connection that is reset %s', async (when) => {
    const url = await listen((request, response) => {
      if (when === 'in the body') response.write('{"half":', () => request.socket.resetAndDestroy());
      else request.socket.resetAndDestroy();
    });
    const error = await thrownBy(http({ url })({}, callWith()));
    expect([error.code, error.retryable]).toEqual(['PREDICTOR_FAILED', true]);
    expect(error.message).toContain(when === 'in the body' ? 'before the answer was complete' : 'could not be reached');
  });

  it.each(['before the headers', 'in the body', 'while the token is fetched'])(
    'obeys an abort %s, with its reason',
    async (when) => {
      const controller = new AbortController();
      const reason = new Error('the user left');
      const abort = (): void => controller.abort(reason);
      const closed = Promise.withResolvers<void>();
      const url = await listen((_request, response) => {
        response.on('close', closed.resolve);
        if (when === 'in the body') response.write('[1,');
        else abort();
      });
      const fetch: typeof globalThis.fetch = async (input, init) => {
        const response = await globalThis.fetch(input, init);
        setTimeout(abort);
        return response;
      };
      const headers = (): Promise<Record<string, string>> => {
        setTimeout(abort);
        return new Promise(() => {});
      };
      const predict = http({
        url,
        ...(when === 'in the body' ? { fetch } : {}),
        ...(when === 'while the token is fetched' ? { headers } : {}),
      });
      await expect(predict({}, callWith(controller.signal))).rejects.toBe(reason);
      if (when !== 'while the token is fetched') await closed.promise; // The server sees it too.
    },
  );

  it('obeys an abort that its fetch ignores', async () => {
    const controller = new AbortController();
    const predict = http({ url: 'https://host/x', fetch: () => new Promise(() => setTimeout(() => controller.abort('left'))) });
    await expect(predict({}, callWith(controller.signal))).rejects.toBe('left');
  });

  it('sends nothing when the call is aborted already', async () => {
    const fetch = vi.fn<typeof globalThis.fetch>();
    await expect(http({ url: 'https://host/x', fetch })({}, callWith(AbortSignal.abort('early')))).rejects.toBe('early');
    expect(fetch).not.toHaveBeenCalled();
  });

  it("passes what the caller's guarded fetch refuses", async () => {
    const open = new UnderstudyError('CIRCUIT_OPEN', 'open');
    await expect(http({ url: 'https://host/x', fetch: () => Promise.reject(open) })({}, callWith())).rejects.toBe(open);
  });

  it('tells a request that cannot be built from a connection that fails', async () => {
    const error = await thrownBy(
      http({ url: 'https://user:pass@host/x', headers: () => ({ authorization: 'a\nb' }) })({}, callWith()),
    );
    expect(error.code).toBe('CONFIGURATION_INVALID');
    expect(error.message).toContain('POST https://host/x cannot be asked');
  });

  it('says everything that is wrong with its options at once', () => {
    expect(() => http({ url: 'host/predict', maxResponseBytes: 0, idempotencyHeader: '' })).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        message: expect.stringMatching(/idempotencyHeader: [^]*maxResponseBytes: [^]*url: /),
      }),
    );
  });
});

describe('http, where servers and inputs behave oddly', () => {
  it.each([301, 302, 303, 307, 308])(
    'A9 a %d is not followed: it is a failure that names where it leads, without its secrets',
    async (status) => {
      let asked = 0;
      const url = await listen((_, response) => {
        asked++;
        response.writeHead(status, { location: 'https://user:secret@other.example:8443/path?token=secret' }).end();
      });
      const error = await thrownBy(http({ url, headers: { authorization: 'secret' } })({ x: 1 }, callWith()));
      expect([error.code, error.details.status, asked]).toEqual(['HTTP_STATUS', status, 1]);
      expect(error.message).toContain('https://other.example:8443');
      expect(JSON.stringify([error.message, error.details])).not.toContain('secret');
    },
  );

  it('A9 a redirect within the same server is told with that server', async () => {
    const url = await listen((_, response) => void response.writeHead(302, { location: '/login?next=secret' }).end());
    const error = await thrownBy(http({ url: `${url}/predict` })({}, callWith()));
    expect(error.message).toContain(`wants to be asked at ${url}.`);
  });

  it('A14 an input that JSON would change is INPUT_INVALID with its path, and nothing is sent', async () => {
    let asked = 0;
    const url = await listen((_, response) => {
      asked++;
      response.end('{}');
    });
    const error = await thrownBy(http({ url })({ a: { b: Number.NaN } }, callWith()));
    expect([error.code, error.details.problems?.[0]?.path, asked]).toEqual(['INPUT_INVALID', 'a.b', 0]);
  });

  it('F5 nothing of a failed request hangs on its error: no header, no query', async () => {
    const url = await listen((_, response) => response.destroy());
    const predictor = http({ url: `${url}/x?key=secret`, headers: { authorization: 'Bearer secret' } });
    const error = await thrownBy(predictor({}, callWith()));
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('secret');
    expect(error.code).toBe('PREDICTOR_FAILED');
  });

  it.each([null, undefined, 'text', { ok: true }, { status: 200, headers: null, text: () => 'x' }])(
    'a fetch of the user that answers %j is told as that, and not as a lost connection',
    async (answer) => {
      const predictor = http({ url: 'https://host/x', fetch: (() => Promise.resolve(answer)) as never });
      const error = await thrownBy(predictor({}, callWith()));
      expect([error.code, error.message]).toEqual([
        'CONFIGURATION_INVALID',
        expect.stringContaining('fetch: expected it to answer a Response'),
      ]);
    },
  );

  it('F13 megabytes that are no JSON are refused at once', async () => {
    const url = await listen((_, response) => void response.end(`[${'"\\\\",'.repeat(2_000_000)}NaN`));
    const error = await thrownBy(http({ url })({}, callWith()));
    expect(error.code).toBe('RESPONSE_INVALID');
  });
});
