import { describe, expect, it } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import type { Connection, ExchangeCall, Exchange } from './connection.ts';
import { exchange } from './exchange.ts';

const REQUEST: Exchange = { method: 'POST', url: 'https://host/predict?key=secret', body: '{}', contentType: 'application/json' };

/** A connection whose fetch answers this, and the requests that it got. */
function connectionTo(answer: (request: Request) => Response | Promise<Response>, more: Partial<Connection> = {}) {
  const requests: Request[] = [];
  const connection: Connection = {
    fetch: async (input, init) => {
      const request = new Request(input, init);
      requests.push(request);
      return answer(request);
    },
    ...more,
  };
  return { connection, requests };
}

const send = (connection: Connection, request: Partial<Exchange> = {}, call: Partial<ExchangeCall> = {}) =>
  exchange(connection, { ...REQUEST, ...request }, { signal: new AbortController().signal, ...call });

async function thrownBy(work: Promise<unknown>): Promise<UnderstudyError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (UnderstudyError.is(error)) return error;
  throw new Error('expected an UnderstudyError', { cause: error });
}

describe('the request', () => {
  it('says what it holds and what it wants, and carries the idempotency key', async () => {
    const { connection, requests } = connectionTo(() => new Response('ok'), { idempotencyHeader: 'x-once' });
    const { text } = await send(connection, {}, { idempotencyKey: 'k1' });
    expect(text).toBe('ok');
    const [request] = requests;
    expect([request?.method, request?.url, await request?.text()]).toEqual(['POST', REQUEST.url, '{}']);
    expect(['accept', 'content-type', 'x-once'].map((name) => request?.headers.get(name))).toEqual([
      'application/json',
      'application/json',
      'k1',
    ]);
  });

  it('keeps the headers that were given, and asks a function for them at each request', async () => {
    let token = 0;
    const headers = () => ({ authorization: `t${++token}`, accept: 'text/csv', 'content-type': 'text/plain' });
    const { connection, requests } = connectionTo(() => new Response('ok'), { headers });
    await send(connection);
    await send(connection);
    expect(
      requests.map((request) => ['authorization', 'accept', 'content-type'].map((name) => request.headers.get(name))),
    ).toEqual([
      ['t1', 'text/csv', 'text/plain'],
      ['t2', 'text/csv', 'text/plain'],
    ]);
  });

  it('has no header for a key that the call does not have', async () => {
    const { connection, requests } = connectionTo(() => new Response('ok'), { idempotencyHeader: 'x-once' });
    await send(connection);
    expect(requests[0]?.headers.has('x-once')).toBe(false);
  });

  it('carries the trace of the call, unless the user says one or wants none', async () => {
    const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'a=1' };
    const sent = async (more: Partial<Connection>, call: Partial<ExchangeCall> = { trace }) => {
      const { connection, requests } = connectionTo(() => new Response('ok'), more);
      await send(connection, {}, call);
      return ['traceparent', 'tracestate'].map((name) => requests[0]?.headers.get(name));
    };
    expect(await sent({})).toEqual([trace.traceparent, 'a=1']);
    expect(await sent({}, { trace: { traceparent: trace.traceparent } })).toEqual([trace.traceparent, null]);
    expect(await sent({}, {})).toEqual([null, null]);
    expect(await sent({ headers: { traceparent: 'mine' } })).toEqual(['mine', null]);
    expect(await sent({ headers: { tracestate: 'b=2' } })).toEqual([trace.traceparent, 'b=2']);
    expect(await sent({ traceHeaders: false })).toEqual([null, null]);
  });

  it('that cannot be built is a fault of the configuration, told without its secrets', async () => {
    const { connection, requests } = connectionTo(() => new Response('ok'), { headers: { 'no header': 'x' } });
    const error = await thrownBy(send(connection));
    expect([error.code, error.retryable, requests]).toEqual(['CONFIGURATION_INVALID', false, []]);
    expect(error.message).toBe('POST https://host/predict cannot be asked: check the address, the method and the headers.');
  });

  it('is sent once, whatever comes back', async () => {
    const { connection, requests } = connectionTo(() => new Response('busy', { status: 503 }));
    expect((await thrownBy(send(connection))).code).toBe('HTTP_STATUS');
    expect(requests).toHaveLength(1);
  });
});

describe('what fails', () => {
  it('no connection can be tried again', async () => {
    const failure = new TypeError('fetch failed');
    const { connection } = connectionTo(() => Promise.reject(failure));
    const error = await thrownBy(send(connection));
    expect([error.code, error.retryable, error.message]).toEqual([
      'PREDICTOR_FAILED',
      true,
      'POST https://host/predict could not be reached.',
    ]);
    expect(error.cause).toMatchObject({ name: 'NetworkError' });
  });

  it('nor is a body that breaks off an answer', async () => {
    const broken = () => new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) }));
    const error = await thrownBy(send(connectionTo(broken).connection));
    expect([error.code, error.retryable]).toEqual(['PREDICTOR_FAILED', true]);
    expect(error.message).toBe('POST https://host/predict lost its connection before the answer was complete.');
  });

  it('a body that is too large says which option allows it', async () => {
    const { connection } = connectionTo(() => new Response('12345'), { maxResponseBytes: 4 });
    const error = await thrownBy(send(connection));
    expect([error.code, error.details]).toEqual(['RESPONSE_INVALID', { maxResponseBytes: 4 }]);
    expect(error.message).toContain('raise maxResponseBytes');
    expect((await send({ ...connection, maxResponseBytes: 5 })).text).toBe('12345');
  });

  it('a status keeps its answer, and counts a date of retry-after from the clock that was given', async () => {
    const retryAfter = new Date(Date.UTC(2026, 0, 1, 0, 0, 7)).toUTCString();
    const busy = () => new Response('no capacity', { status: 503, headers: { 'retry-after': retryAfter } });
    const { connection } = connectionTo(busy, { clock: { wall: () => Date.UTC(2026, 0, 1) } });
    const error = await thrownBy(send(connection));
    expect([error.code, error.details.status, error.details.retryAfterMs]).toEqual(['HTTP_STATUS', 503, 7000]);
  });

  it('a status stands, also where its answer breaks off', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) });
    const error = await thrownBy(send(connectionTo(() => new Response(body, { status: 500 })).connection));
    expect([error.code, error.details.status]).toEqual(['HTTP_STATUS', 500]);
  });

  it('what a guarded fetch refuses stays what it is', async () => {
    const refusal = new UnderstudyError('CIRCUIT_OPEN', 'open');
    const { connection } = connectionTo(() => Promise.reject(refusal));
    expect(await thrownBy(send(connection))).toBe(refusal);
  });
});

describe('an abort', () => {
  it('before it begins asks nobody', async () => {
    const { connection, requests } = connectionTo(() => new Response('ok'));
    const gone = new Error('gone');
    await expect(send(connection, {}, { signal: AbortSignal.abort(gone) })).rejects.toBe(gone);
    expect(requests).toEqual([]);
  });

  it('ends a call whose fetch does not hear it', async () => {
    const controller = new AbortController();
    const gone = new Error('gone');
    const { connection } = connectionTo(() => {
      controller.abort(gone);
      return new Promise(() => {});
    });
    await expect(send(connection, {}, { signal: controller.signal })).rejects.toBe(gone);
  });

  it('is obeyed while the body comes', async () => {
    const controller = new AbortController();
    const gone = new Error('gone');
    const endless = new ReadableStream({ pull: () => controller.abort(gone) }, { highWaterMark: 0 });
    const { connection } = connectionTo(() => new Response(endless));
    await expect(send(connection, {}, { signal: controller.signal })).rejects.toBe(gone);
  });
});
