import { allowFields, always, createUnderstudy, memoryStore, type DecisionEvent, type Understudy } from '@understudy/core';
import { VirtualClock } from '@understudy/core/testing';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import type { DecisionStore } from '../decisions/decision-store.ts';
import { dashboard, type Dashboard, type DashboardOptions, type Viewer } from '../dashboard.ts';
import type { LiveMessage, StatusAnswer } from './wire.ts';

const HOST = 'http://ops.example';
const ANA: Viewer = { id: 'ana', roles: ['model-owner'], may: 'control' };

interface Setting {
  readonly understudy: Understudy;
  readonly clock: VirtualClock;
  readonly ops: Dashboard;
  predict(amount?: number): Promise<DecisionEvent['id']>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  command(body: unknown, headers?: Record<string, string>): Promise<Response>;
}

async function setUp(options: Partial<DashboardOptions> = { authorize: () => ANA }, store = memoryStore()): Promise<Setting> {
  const clock = new VirtualClock();
  const sink = { name: 'content', content: true, write: () => undefined };
  const understudy = createUnderstudy({
    application: 'claims',
    clock,
    store,
    sinks: [sink],
    redact: allowFields(['input.amount']),
    authorize: (operator, { kind }) => kind !== 'isolate' || operator.roles.includes('admin'),
  });
  const model = understudy.defineModel(
    { name: 'triage', input: z.object({ amount: z.number() }), output: z.object({ review: z.boolean() }) },
    {
      variants: {
        v1: { version: '1', predictor: ({ amount }) => ({ review: amount > 10 }) },
        v2: { version: '2', predictor: ({ amount }) => ({ review: amount > 20 }) },
      },
      champion: 'v1',
      fallback: [always({ review: true })],
    },
  );
  await understudy.ready();
  const ops = dashboard(understudy, { clock, ...options });
  return {
    understudy,
    clock,
    ops,
    predict: async (amount = 1) => (await model.predict({ amount })).id,
    get: (path, headers = {}) => ops(new Request(`${HOST}/ops/${path}`, { headers })),
    command: (body, headers = {}) =>
      ops(
        new Request(`${HOST}/ops/api/command`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
      ),
  };
}

const PAUSE = { model: 'triage', command: 'pause', reason: 'wrong prices', version: 0 };

describe('who may look', () => {
  it('nobody, until somebody says who: 403, with what to do', async () => {
    const { get } = await setUp({});
    for (const path of ['', 'api/status', 'api/live', 'assets/x.js', 'api/decisions?model=triage']) {
      const response = await get(path);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ error: { code: 'CLOSED' } });
    }
    const page = await get('', { accept: 'text/html' });
    expect([page.status, page.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('authorize');
  });

  it('everybody where it is open, and nobody may command', async () => {
    const { get, command, understudy } = await setUp({ open: 'read-only' });
    const status = (await (await get('api/status')).json()) as StatusAnswer;
    expect(status.viewer).toEqual({ id: null, may: 'read' });
    const refused = await command(PAUSE);
    expect([refused.status, await refused.json()]).toMatchObject([403, { error: { code: 'READ_ONLY' } }]);
    expect(understudy.models.get('triage')?.status().control.paused).toBe(false);
  });

  it('a stranger gets 403, a Response is sent as it is', async () => {
    const stranger = await setUp({ authorize: () => undefined });
    expect((await stranger.get('api/status')).status).toBe(403);
    const login = await setUp({ authorize: () => new Response(null, { status: 302, headers: { location: '/login' } }) });
    expect((await login.get('')).headers.get('location')).toBe('/login');
  });

  it('a Response that was sent before has no body left: nobody is let in', async () => {
    const login = new Response('log in', { status: 401 });
    const { get } = await setUp({ authorize: () => login });
    expect(await (await get('api/status')).text()).toBe('log in');
    expect((await get('api/status')).status).toBe(503);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('secret');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('secret'))],
    ['says too little', () => ({ id: 'x' })],
    ['says an unknown right', () => ({ id: 'x', roles: [], may: 'everything' })],
    ['says true', () => true],
    ['has no id', () => ({ id: '', roles: [], may: 'control' })],
    [
      'throws when it is read',
      () => ({
        get id() {
          throw new Error('secret');
        },
      }),
    ],
  ])('an authorize that %s closes the door', async (_, authorize) => {
    const { get, command } = await setUp({ authorize: authorize as never });
    const response = await get('api/status');
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain('secret');
    expect((await command(PAUSE)).status).toBe(503);
  });

  it('an authorize that hangs closes the door after 5 s', async () => {
    const { get, clock } = await setUp({ authorize: () => new Promise(() => undefined) });
    const answer = get('api/status');
    await clock.advance(5000);
    expect((await answer).status).toBe(503);
  });

  it('authorize is given the request and the context', async () => {
    const authorize = vi.fn<NonNullable<DashboardOptions['authorize']>>(() => ANA);
    const { ops } = await setUp({ authorize });
    const request = new Request(`${HOST}/api/status`);
    await ops(request, { user: 'ana' });
    expect(authorize).toHaveBeenCalledWith(request, { user: 'ana' });
  });

  it('refuses both at once, and a runtime that is none', async () => {
    await expect(setUp({ authorize: () => ANA, open: 'read-only' })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    expect(() => dashboard(undefined as never)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
  });
});

describe('commands', () => {
  it('are given in the name of who was authorised, whatever the body says', async () => {
    const { command, understudy } = await setUp();
    const told: unknown[] = [];
    understudy.on('control-changed', (event) => told.push(event));
    const response = await command({ ...PAUSE, by: { id: 'mallory', roles: ['admin'] } });
    expect(response.status).toBe(400);
    expect((await command(PAUSE)).status).toBe(200);
    expect(told).toMatchObject([
      { command: 'pause', by: 'ana', roles: ['model-owner'], reason: 'wrong prices', result: 'obeyed' },
    ]);
    expect(understudy.models.get('triage')?.status().control).toMatchObject({ paused: true, reasons: { pause: 'wrong prices' } });
  });

  it('all of them', async () => {
    const { command, understudy } = await setUp({ authorize: () => ({ ...ANA, roles: ['admin'] }) });
    const status = () => understudy.models.get('triage')?.status().control;
    const give = async (what: string, variant?: string): Promise<number> =>
      (await command({ model: 'triage', command: what, variant, reason: 'a test', version: status()?.version })).status;
    expect(await give('pin', 'v2')).toBe(200);
    expect(status()?.pinned).toBe('v2');
    expect(await give('unpin')).toBe(200);
    expect(await give('isolate', 'v2')).toBe(200);
    expect(status()).toMatchObject({ pinned: null, isolated: ['v2'] });
    expect(await give('readmit', 'v2')).toBe(200);
    expect(await give('pause')).toBe(200);
    expect(await give('resume')).toBe(200);
    expect(status()).toMatchObject({ paused: false, isolated: [] });
    // There is no rollout to command.
    for (const what of ['approve', 'hold', 'resume', 'roll-back', 'promote']) expect(await give(`rollout-${what}`)).toBe(409);
    expect(await give('pin')).toBe(400);
    expect(await give('pin', 'v9')).toBe(400);
  });

  it('of who may only look are refused, and so are those that the runtime forbids', async () => {
    const reader = await setUp({ authorize: () => ({ ...ANA, may: 'read' }) });
    expect((await reader.command(PAUSE)).status).toBe(403);
    const { command } = await setUp();
    const response = await command({ ...PAUSE, command: 'isolate', variant: 'v2' });
    expect([response.status, await response.json()]).toMatchObject([403, { error: { code: 'FORBIDDEN' } }]);
  });

  it.each([
    ['of another origin', { 'sec-fetch-site': 'cross-site' }],
    ['of a sibling', { 'sec-fetch-site': 'same-site' }],
    ['typed into the address bar', { 'sec-fetch-site': 'none' }],
  ])('%s are refused before anybody is asked who it is', async (_, headers) => {
    const authorize = vi.fn<NonNullable<DashboardOptions['authorize']>>(() => ANA);
    const { command, understudy } = await setUp({ authorize });
    const response = await command(PAUSE, headers);
    expect([response.status, await response.json()]).toMatchObject([403, { error: { code: 'CROSS_ORIGIN' } }]);
    expect(authorize).not.toHaveBeenCalled();
    expect(understudy.models.get('triage')?.status().control.paused).toBe(false);
  });

  it('with a forged origin are refused where the browser sends no Sec-Fetch-Site', async () => {
    const { ops } = await setUp();
    const post = (origin: string) =>
      ops(
        new Request(`${HOST}/api/command`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', origin },
          body: JSON.stringify(PAUSE),
        }),
      );
    expect((await post('https://evil.example')).status).toBe(403);
    expect((await post(HOST)).status).toBe(200);
  });

  it.each([
    ['no JSON', '{', {}, 400],
    ['null', 'null', {}, 400],
    ['a list', '[]', {}, 400],
    ['another type', JSON.stringify(PAUSE), { 'content-type': 'text/plain' }, 415],
    ['no reason', { ...PAUSE, reason: '  ' }, {}, 400],
    ['a long reason', { ...PAUSE, reason: 'x'.repeat(1001) }, {}, 400],
    ['an unknown command', { ...PAUSE, command: 'replace' }, {}, 400],
    ['an unknown model', { ...PAUSE, model: 'constructor' }, {}, 404],
    ['a large body', { ...PAUSE, reason: 'x'.repeat(20_000) }, {}, 413],
    ['an old version', { ...PAUSE, version: 4 }, {}, 409],
  ] as [string, unknown, Record<string, string>, number][])('%s: refused', async (_, body, headers, status) => {
    const { command, understudy } = await setUp();
    expect((await command(body, headers)).status).toBe(status);
    expect(understudy.models.get('triage')?.status().control.paused).toBe(false);
  });

  it.each([
    ['never comes', (): Promise<void> => new Promise(() => undefined), 408],
    ['breaks off', (): Promise<void> => Promise.reject(new Error('secret')), 400],
  ])('whose body %s: refused', async (_, pull, status) => {
    const { ops, clock, understudy } = await setUp();
    const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
    const init: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      headers,
      body: new ReadableStream({ pull }),
      duplex: 'half',
    };
    const answer = ops(new Request(`${HOST}/ops/api/command`, init));
    await clock.advance(10_001);
    const response = await answer;
    expect([response.status, await response.text()]).toEqual([status, expect.not.stringContaining('secret')]);
    expect(understudy.models.get('triage')?.status().control.paused).toBe(false);
  });

  it('whose body somebody has read before are refused, and the answer says so', async () => {
    const { command } = await setUp({ authorize: async (request) => (await request.text(), ANA) });
    const refused = await command(PAUSE);
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code: 'NO_BODY' } }]);
  });

  it('that fail for what the store says tell no more than a code', async () => {
    const store = memoryStore();
    const broken = {
      ...store,
      name: 'broken',
      read: store.read.bind(store),
      compareAndSet: () => Promise.reject(new Error('password=hunter2')),
    };
    const { command, clock } = await setUp({ authorize: () => ANA }, { ...broken, volatile: true });
    const answer = command(PAUSE);
    await clock.advance(60_000);
    const response = await answer;
    expect(response.status).toBeGreaterThanOrEqual(500);
    expect(await response.text()).not.toMatch(/hunter2|\bat .*\.ts/);
  });
});

describe('every answer', () => {
  it('is guarded, and the page runs nothing but its own files', async () => {
    const { get } = await setUp();
    const page = await get('');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe|https?:/);
    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| on\w+=|https?:\/\/(?!www\.w3\.org)/);
    const script = /src="\.\/([^"]+)"/.exec(html)?.[1] ?? '';
    const file = await get(script, { 'accept-encoding': 'br, gzip' });
    expect([file.status, file.headers.get('content-encoding')]).toEqual([200, 'gzip']);
    expect(file.headers.get('cache-control')).toContain('immutable');
    for (const response of [page, file, await get('api/status'), await get('nothing.here'), await get('healthz')]) {
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    expect((await get('api/status')).headers.get('cache-control')).toBe('no-store');
  });

  it.each(['assets/..%2f..%2fpackage.json', 'assets/package.json', 'assets/%00', 'api/nothing', 'x.php'])(
    'there is nothing at %s',
    async (path) => {
      const { get } = await setUp();
      expect((await get(path)).status).toBe(404);
    },
  );

  it('leads from the address without its last stroke to the one with it', async () => {
    const { ops } = await setUp();
    const response = await ops(new Request(`${HOST}/a/ops?x=1`));
    expect([response.status, response.headers.get('location')]).toEqual([308, './ops/?x=1']);
  });

  it('takes the methods that it has', async () => {
    const { ops } = await setUp();
    expect((await ops(new Request(`${HOST}/api/command`))).status).toBe(405);
    expect((await ops(new Request(`${HOST}/api/status`, { method: 'DELETE' }))).status).toBe(405);
    const head = await ops(new Request(`${HOST}/`, { method: 'HEAD' }));
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

describe('what is told', () => {
  it('is the status of every model, with what was counted', async () => {
    const { get, predict } = await setUp();
    await predict();
    const answer = (await (await get('api/status')).json()) as StatusAnswer;
    expect(answer).toMatchObject({
      application: 'claims',
      viewer: { id: 'ana', may: 'control' },
      history: false,
      models: [{ status: { model: 'triage', calls: { total: 1 } }, recent: { calls: 1, byTier: { model: 1 } } }],
    });
  });

  it('has no content, unless that was asked for', async () => {
    const bare = await setUp();
    await bare.predict(250);
    const path = 'api/decisions?model=triage';
    expect(await (await bare.get(path)).text()).not.toContain('250');
    const whole = await setUp({ authorize: () => ANA, content: true });
    await whole.predict(250);
    expect(await (await whole.get(path)).json()).toMatchObject({ from: 'memory', items: [{ input: { amount: 250 } }] });
  });

  it('hides what functions of the user threw, which may hold content', async () => {
    const { understudy, get } = await setUp();
    const odd = understudy.defineModel({ name: 'odd', input: z.object({}), output: z.object({}) }, {
      variants: {
        v1: {
          version: '1',
          predictor: () => {
            throw new Error('x');
          },
        },
      },
      champion: 'v1',
      fallback: [always({})],
      classify: () => {
        throw new Error('the patient is Mary');
      },
    } as never);
    await odd.predict({});
    const text = await (await get('api/status')).text();
    expect(text).toContain('"classify"');
    expect(text).not.toContain('Mary');
  });

  it('is found again: decisions, by what they are, and one with its outcomes', async () => {
    const { get, predict, understudy } = await setUp();
    const id = await predict();
    const model = understudy.models.get('triage') as unknown as { recordOutcome(id: string, outcome: object): Promise<string> };
    await model.recordOutcome(id, { feedback: { agree: false } });
    expect(await (await get('api/decisions?model=triage&tier=rules')).json()).toMatchObject({ items: [] });
    expect(await (await get('api/decisions?model=triage&tier=model&outcome=served&limit=1')).json()).toMatchObject({
      items: [{ id }],
    });
    expect(await (await get(`api/decision?model=triage&id=${id}`)).json()).toMatchObject({
      decision: { id },
      outcomes: [{ agree: false }],
    });
    expect(await (await get('api/events?model=triage&types=outcome')).json()).toMatchObject({ items: [{ decisionId: id }] });
    expect((await get('api/decisions?model=nobody')).status).toBe(404);
  });

  it('is found in the history, without content; where that fails, in memory', async () => {
    const event = { type: 'decision', id: 'd1', model: 'triage', at: 5, input: { amount: 250 } } as unknown as DecisionEvent;
    const history = {
      name: 'history',
      write: () => undefined,
      decision: async () => ({ decision: event, outcomes: [], comparisons: [] }),
      decisions: vi.fn<DecisionStore['decisions']>(async () => ({ items: [event], next: 'n' })),
      events: () => Promise.reject(new Error('password=hunter2')),
    } as unknown as DecisionStore;
    const { get } = await setUp({ authorize: () => ANA, history });
    const page = await (await get('api/decisions?model=triage&after=x&from=3&limit=7')).text();
    expect(JSON.parse(page)).toMatchObject({ from: 'history', next: 'n', items: [{ id: 'd1' }] });
    expect(page).not.toContain('250');
    expect(history.decisions).toHaveBeenCalledWith({ model: 'triage', limit: 7, after: 'x', from: 3 });
    const events = await (await get('api/events')).text();
    expect(JSON.parse(events)).toMatchObject({ from: 'memory', problem: expect.stringContaining('did not answer') });
    expect(events).not.toContain('hunter2');
  });

  it('over time: a point each 10 s of traffic, taken by calls and by readers', async () => {
    const { get, predict, clock } = await setUp();
    for (let step = 0; step < 5; step++) {
      await predict();
      await clock.advance(10_000);
    }
    const series = (await (await get('api/series?model=triage&keys=calls,variant%2Fv1')).json()) as {
      at: number[];
      columns: Record<string, number[]>;
    };
    expect(series.columns['calls/total']?.at(-1)).toBe(5);
    expect(series.at.length).toBeGreaterThanOrEqual(5);
    expect(Object.keys(series.columns).every((key) => key.startsWith('calls') || key.startsWith('variant/v1'))).toBe(true);
    expect(clock.pending).toBeLessThan(5);
  });
});

/** Messages of a stream, one by one. */
function reader(response: Response): { next(): Promise<{ event: string; data: unknown }>; cancel(): Promise<void> } {
  const stream = response.body?.getReader();
  let waiting = '';
  return {
    async next() {
      for (;;) {
        const end = waiting.indexOf('\n\n');
        if (end >= 0) {
          const frame = waiting.slice(0, end);
          waiting = waiting.slice(end + 2);
          const event = /^event: (.*)$/m.exec(frame)?.[1];
          if (event === undefined) continue;
          return { event, data: JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? 'null') };
        }
        const { value, done } = (await stream?.read()) ?? { done: true, value: undefined };
        if (done) return { event: 'end', data: null };
        waiting += new TextDecoder().decode(value);
      }
    },
    cancel: async () => stream?.cancel(),
  };
}

describe('the live stream', () => {
  it('tells the status each second, with at most twenty decisions and the number of the others', async () => {
    const { get, predict, clock } = await setUp();
    const stream = reader(await get('api/live?model=triage'));
    for (let call = 0; call < 100; call++) await predict();
    await clock.advance(1000);
    const { event, data } = await stream.next();
    const message = data as LiveMessage;
    expect(event).toBe('live');
    expect(message.models[0]?.status.calls.total).toBe(100);
    expect(message.decisions.length).toBeLessThanOrEqual(20);
    expect(message.decisions.length + message.skipped).toBe(100);
    await stream.cancel();
  });

  it('keeps nothing for who does not read, and tells how much was left out', async () => {
    const { get, clock } = await setUp();
    const response = await get('api/live');
    const quick = reader(await get('api/live'));
    for (let second = 0; second < 30; second++) {
      await clock.advance(1000);
      expect((await quick.next()).event).toBe('live');
    }
    const slow = reader(response);
    expect((await slow.next()).event).toBe('live');
    await clock.advance(1000);
    expect(await slow.next()).toMatchObject({ event: 'missed', data: { messages: 29 } });
    expect((await slow.next()).event).toBe('live');
    await Promise.all([slow.cancel(), quick.cancel()]);
  });

  it('ends after five minutes, so that who may look is asked anew, and at close()', async () => {
    const { get, clock, ops } = await setUp();
    const stream = reader(await get('api/live'));
    const read = async (): Promise<number> => {
      let messages = 0;
      while ((await stream.next()).event !== 'end') messages++;
      return messages;
    };
    const messages = read();
    for (let second = 0; second < 301; second++) await clock.advance(1000);
    expect(await messages).toBe(300);
    const other = reader(await get('api/live'));
    ops.close();
    expect((await other.next()).event).toBe('end');
  });

  it('is not opened again after close(): a page that comes back would hold the server', async () => {
    const { get, clock, ops } = await setUp();
    const before = clock.pending;
    ops.close();
    const late = await get('api/live');
    expect([late.status, late.headers.get('retry-after'), clock.pending]).toEqual([503, '5', before]);
    expect((await get('api/status')).status).toBe(200);
  });

  it('leaves no timer behind when nobody looks, and takes fifty at most', async () => {
    const { get, clock } = await setUp();
    const before = clock.pending;
    const streams = await Promise.all(Array.from({ length: 51 }, () => get('api/live')));
    expect(streams.map(({ status }) => status).filter((status) => status === 503)).toHaveLength(1);
    await clock.advance(2000);
    for (const { body } of streams) await body?.cancel();
    expect(clock.pending).toBe(before);
  });
});

describe('health', () => {
  it('is told to everybody, without a name', async () => {
    const { get } = await setUp({});
    expect(await (await get('healthz')).json()).toEqual({ status: 'live' });
    const ready = await get('readyz');
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', models: 1, controlUnknown: 0, controlDamaged: 0, storeTrouble: 0 },
    ]);
  });

  it('reads the control documents of models that nobody has called, and is not ready while it cannot', async () => {
    const store = memoryStore();
    let isAway = true;
    const read = vi.fn<typeof store.read>(async (...given) => {
      if (isAway) throw new Error('away');
      return store.read(...given);
    });
    const clock = new VirtualClock();
    const understudy = createUnderstudy({
      clock,
      store: Object.assign(Object.create(store) as typeof store, { read, name: 'x', volatile: false }),
    });
    understudy.defineModel(
      { name: 'm', input: z.object({}), output: z.object({}) },
      { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
    );
    const ops = dashboard(understudy, { clock });
    const ready = () => ops(new Request(`${HOST}/readyz`));
    const first = ready();
    await clock.advance(2000);
    expect((await first).status).toBe(503);
    isAway = false;
    await clock.advance(10_000);
    const second = ready();
    await clock.advance(2000);
    expect((await second).status).toBe(200);
    expect(read.mock.calls.length).toBeGreaterThan(1);
  });
});
