import { createUnderstudy, type UnderstudyEvent } from '@understudy/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sampleControl, sampleDecision } from '../../../core/tests/support/sample-events.ts';
import { SinkQueue } from '../../../core/src/events/sink-queue.ts';
import type { SinkQueueOptions } from '../../../core/src/events/sink-queue-options.ts';
import { VirtualClock } from '../../../core/src/testing/virtual-clock.ts';
import { beacon, type BeaconOptions } from './beacon.ts';
import { pageConsent } from './consent.ts';

interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly bytes: number;
  readonly status: number;
}

/** The server of these tests is tests/browser/inbox.ts. */
let box = '';
const received = async (): Promise<readonly Received[]> => (await fetch(box)).json() as Promise<readonly Received[]>;
const answerNext = (
  ...answers: readonly { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly held?: boolean }[]
): Promise<Response> => fetch(box, { method: 'PUT', body: JSON.stringify(answers) });
const release = (): Promise<Response> => fetch(box, { method: 'DELETE' });
const idsIn = ({ body }: Received): readonly string[] =>
  (JSON.parse(body) as { events: readonly UnderstudyEvent[] }).events.map((event) => event.id);
const acceptedIds = async (): Promise<readonly string[]> =>
  (await received()).filter(({ status }) => status < 300).flatMap(idsIn);
const ids = (events: readonly UnderstudyEvent[]): readonly string[] => events.map((event) => event.id);
const requestCount = async (): Promise<number> => (await received()).length;

/** What holds after a while, however busy the machine is. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 120_000 });

const queues: SinkQueue[] = [];

/** A sink behind its queue. Nothing is delivered before the clock is moved, the queue is flushed or the page is hidden. */
function queued(
  options: Partial<BeaconOptions> = {},
  queueOptions: SinkQueueOptions = {},
): { readonly queue: SinkQueue; readonly clock: VirtualClock } {
  const sink = beacon({ url: box, ...options });
  const clock = new VirtualClock();
  const queue = new SinkQueue(sink, clock, { backoffMs: 0, attempts: 3, ...queueOptions });
  queues.push(queue);
  return { queue, clock };
}

/** Events of about `bytes` bytes each. */
const sized = (count: number, bytes: number): UnderstudyEvent[] =>
  Array.from({ length: count }, () => sampleDecision({ reason: 'x'.repeat(bytes - 420) }));

let visibility: DocumentVisibilityState = 'visible';
function turn(state: DocumentVisibilityState): void {
  visibility = state;
  document.dispatchEvent(new Event('visibilitychange'));
}

beforeEach(() => {
  box = `/inbox/${crypto.randomUUID()}`;
  visibility = 'visible';
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
});
afterEach(async () => {
  await release();
  for (const queue of queues.splice(0)) await queue.close(AbortSignal.abort());
  vi.restoreAllMocks();
});

describe('delivery', () => {
  it('posts a batch as JSON, with keepalive', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch');
    const { queue } = queued();
    const events = [sampleDecision(), sampleControl()];
    events.forEach((event) => queue.push(event));
    await queue.flush();
    expect(fetched.mock.calls.map(([, init]) => init?.keepalive)).toEqual([true]);
    const [request] = await received();
    expect(request?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(request?.body ?? '')).toEqual({ events: [events[1], events[0]] });
    expect(queue.status()).toMatchObject({ delivered: 2, queued: 0, lost: {} });
  });

  it('sends the headers that it was given', async () => {
    const { queue } = queued({ headers: { 'Content-Type': 'text/plain', 'x-key': 'k1' } });
    queue.push(sampleDecision());
    await queue.flush();
    expect((await received())[0]?.headers).toMatchObject({ 'content-type': 'text/plain', 'x-key': 'k1' });
  });

  it('splits what is too large for one request: half of the limit, in bytes, each; all arrive once', async () => {
    const { queue } = queued({ maxBytes: 20_000 });
    const events = Array.from({ length: 60 }, () => sampleDecision({ reason: 'é'.repeat(500) }));
    events.forEach((event) => queue.push(event));
    await queue.flush();
    const requests = await received();
    expect(requests.length).toBeGreaterThan(8);
    expect(Math.max(...requests.map((request) => request.bytes))).toBeLessThanOrEqual(10_000);
    expect(await acceptedIds()).toEqual(ids(events));
  });

  it('sends an event that is larger than the limit alone and without keepalive', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch');
    const { queue } = queued();
    const [small, large] = [sampleDecision(), sampleDecision({ reason: 'x'.repeat(100_000) })];
    [small, large].forEach((event) => queue.push(event));
    await queue.flush();
    expect(fetched.mock.calls.map(([, init]) => init?.keepalive)).toEqual([true, false]);
    expect(await acceptedIds()).toEqual(ids([small, large]));
  });

  it('after a failure sends only what has not arrived', async () => {
    await answerNext({ status: 204 }, { status: 503 });
    const { queue } = queued({ maxBytes: 20_000 });
    const events = sized(20, 1000);
    events.forEach((event) => queue.push(event));
    await queue.flush();
    expect(await acceptedIds()).toEqual(ids(events));
    expect(queue.status()).toMatchObject({ delivered: 20, lost: {} });
  });

  it('waits as long as Retry-After says', async () => {
    await answerNext({ status: 429, headers: { 'retry-after': '7' } });
    const { queue, clock } = queued();
    queue.push(sampleDecision());
    await clock.advance(1000);
    await eventually(() => clock.pending).toBe(1);
    await clock.advance(6999);
    expect(await requestCount()).toBe(1);
    await clock.advance(1);
    await eventually(requestCount).toBe(2);
    await queue.flush();
    expect(queue.status()).toMatchObject({ delivered: 1, lost: {} });
  });

  it('gives up at once, and counts, what the other side calls wrong', async () => {
    await answerNext({ status: 400 });
    const { queue, clock } = queued();
    queue.push(sampleDecision());
    await clock.advance(1000);
    await eventually(() => queue.status()).toMatchObject({
      queued: 0,
      lost: { 'refused/routine': 1 },
      lastError: `${box} answered 400: see what it expects.`,
    });
    expect(await requestCount()).toBe(1);
  });

  it('an abort ends the request', async () => {
    await answerNext({ status: 204, held: true });
    const { queue, clock } = queued();
    queue.push(sampleDecision());
    await clock.advance(1000);
    await eventually(requestCount).toBe(1);
    const abort = new AbortController();
    const closed = queue.close(abort.signal);
    abort.abort(new Error('enough'));
    await closed;
    expect(queue.status()).toMatchObject({ queued: 0, lost: { 'closed/routine': 1 } });
  });
});

describe('a page that is hidden', () => {
  it('sends what waits at once, as a beacon, and not again', async () => {
    const sent = vi.spyOn(navigator, 'sendBeacon');
    const { queue } = queued();
    const events = [sampleDecision(), sampleControl()];
    events.forEach((event) => queue.push(event));
    turn('visible');
    expect(sent).toHaveBeenCalledTimes(0);
    turn('hidden');
    expect(sent).toHaveBeenCalledTimes(1);
    await eventually(acceptedIds).toEqual(ids([events[1] as UnderstudyEvent, events[0] as UnderstudyEvent]));
    expect((await received())[0]?.headers['content-type']).toBe('application/json');
    await queue.flush();
    turn('hidden');
    expect(await requestCount()).toBe(1);
    expect(queue.status()).toMatchObject({ queued: 0, delivered: 2, lost: {} });
  });

  it('keeps within the limit of bytes, and keeps the rest queued: nothing is lost, nothing comes twice', async () => {
    await answerNext({ status: 204, held: true });
    const { queue } = queued();
    const events = sized(300, 1000);
    events.forEach((event) => queue.push(event));
    turn('hidden');
    turn('hidden');
    await eventually(requestCount).toBeGreaterThanOrEqual(1);
    const inFlight = await received();
    expect(inFlight.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(65_536);
    expect(inFlight[0]?.bytes).toBeGreaterThan(59_000);
    expect(inFlight[0]?.bytes).toBeLessThanOrEqual(60_000);
    expect(queue.status().lost).toEqual({});
    // The page is still there, and the beacon has not arrived: what is left goes by requests that need nothing of the limit.
    await queue.flush();
    expect(queue.status()).toMatchObject({ queued: 0, delivered: 300, lost: {} });
    expect((await acceptedIds()).toSorted()).toEqual(ids(events).toSorted());
  });

  it('sends less where others have used the limit up, and keeps what the browser refuses', async () => {
    await answerNext({ status: 204, held: true }, { status: 204, held: true });
    // Another library of the page.
    expect(navigator.sendBeacon(box, new Blob(['{"events":[]}'.padEnd(55_000)]))).toBe(true);
    const { queue } = queued();
    const events = sized(60, 1000);
    events.forEach((event) => queue.push(event));
    turn('hidden');
    await eventually(requestCount).toBe(2);
    const [, mine] = await received();
    expect(mine?.bytes).toBeLessThanOrEqual(65_536 - 55_000);
    expect(idsIn(mine as Received).length).toBeGreaterThan(0);
    const left = events.length - idsIn(mine as Received).length;
    await eventually(() => queue.status()).toMatchObject({ queued: left, lost: {} });
    await release();
    await queue.flush();
    expect(await acceptedIds()).toEqual(ids(events));
  });

  it('passes over an event that never fits, and keeps it', async () => {
    const { queue } = queued();
    const [large, small] = [sampleControl({ reason: 'x'.repeat(100_000) }), sampleDecision()];
    [large, small].forEach((event) => queue.push(event));
    turn('hidden');
    await eventually(acceptedIds).toEqual([small.id]);
    expect(queue.status()).toMatchObject({ queued: 1, lost: {} });
    await queue.flush();
    expect(await acceptedIds()).toEqual([small.id, large.id]);
  });

  it('in the middle of a delivery sends the rest of its batch, too, within the limit', async () => {
    await answerNext({ status: 204, held: true });
    const { queue, clock } = queued({ maxBytes: 20_000 });
    const events = sized(18, 1000);
    events.forEach((event) => queue.push(event));
    await clock.advance(1000);
    await eventually(requestCount).toBe(1);
    turn('hidden');
    await eventually(requestCount).toBe(2);
    const [first, second] = (await received()) as [Received, Received];
    expect(first.bytes).toBeLessThanOrEqual(10_000);
    expect(first.bytes + second.bytes).toBeLessThanOrEqual(20_000);
    expect([...idsIn(first), ...idsIn(second)]).toEqual(ids(events).slice(0, idsIn(first).length + idsIn(second).length));
    await release();
    await queue.flush();
    expect(await acceptedIds()).toEqual(ids(events));
    expect(queue.status()).toMatchObject({ delivered: 18, lost: {} });
  });

  it('with headers uses fetch with keepalive, and counts what does not arrive', async () => {
    const sent = vi.spyOn(navigator, 'sendBeacon');
    const { queue } = queued({ headers: { 'x-key': 'k1' } });
    const events = sized(2, 1000);
    queue.push(events[0] as UnderstudyEvent);
    turn('hidden');
    await eventually(acceptedIds).toEqual([events[0]?.id]);
    expect((await received())[0]?.headers['x-key']).toBe('k1');
    await queue.flush();
    expect(queue.status()).toMatchObject({ queued: 0, delivered: 1 });

    await answerNext({ status: 500 });
    queue.push(events[1] as UnderstudyEvent);
    turn('hidden');
    await queue.flush();
    expect(queue.status()).toMatchObject({ queued: 0, delivered: 1, lost: { 'delivery-failed/routine': 1 } });
    expect(sent).not.toHaveBeenCalled();
  });

  it('is heard no more after close', async () => {
    const { queue } = queued();
    queue.push(sampleDecision());
    await queue.close(new AbortController().signal);
    const sent = vi.spyOn(navigator, 'sendBeacon');
    turn('hidden');
    dispatchEvent(new Event('pagehide'));
    expect(sent).not.toHaveBeenCalled();
    expect(await requestCount()).toBe(1);
  });
});

describe('a page that is left', () => {
  /** A page of its own, with a runtime that sends nothing by itself; answers the ids of its decisions. */
  async function openPage(count: number): Promise<{ readonly frame: HTMLIFrameElement; readonly ids: readonly string[] }> {
    const script = `
      import { createUnderstudy } from '/packages/core/src/index.ts';
      import { beacon } from '/packages/browser/src/beacon.ts';
      const any = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
      const understudy = createUnderstudy({ sinks: [beacon({ url: '${box}' })], sinkQueue: { flushMs: 3_600_000, batchSize: 10_000 } });
      const model = understudy.defineModel({ name: 'claims', input: any, output: any }, { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' });
      const ids = [];
      for (let n = 0; n < ${count}; n++) ids.push((await model.predict({ n })).id);
      parent.postMessage({ box: '${box}', ids }, '*');`;
    const frame = document.createElement('iframe');
    frame.srcdoc = `<!doctype html><script type="module">${script}</script>`;
    const told = new Promise<readonly string[]>((done) => {
      addEventListener('message', function listen({ data }: MessageEvent<{ box?: string; ids?: readonly string[] }>) {
        if (data.box !== box || data.ids === undefined) return;
        removeEventListener('message', listen);
        done(data.ids);
      });
    });
    document.body.append(frame);
    return { frame, ids: await told };
  }

  it.each([
    ['navigated', (frame: HTMLIFrameElement): void => frame.contentWindow?.location.replace('about:blank')],
    ['removed', (frame: HTMLIFrameElement): void => frame.remove()],
  ] as const)('sends what waits when it is %s', async (_name, leave) => {
    const { frame, ids: decided } = await openPage(20);
    expect(decided).toHaveLength(20);
    expect(await requestCount()).toBe(0);
    leave(frame);
    await eventually(acceptedIds).toEqual(decided);
    frame.remove();
  });

  it('sends no more than the browser lets through', async () => {
    const { frame, ids: decided } = await openPage(400);
    frame.remove();
    // Both events of leaving send: the second what still fits. They may arrive in any order.
    const bytes = async (): Promise<number> => (await received()).reduce((sum, request) => sum + request.bytes, 0);
    await eventually(bytes).toBeGreaterThan(59_000);
    expect(await bytes()).toBeLessThanOrEqual(65_536);
    const arrived = await acceptedIds();
    expect(arrived.toSorted()).toEqual(decided.slice(0, arrived.length).toSorted());
  });
});

describe('consent', () => {
  it('pending: keeps events in memory, sends nothing, also when the page is hidden; granted: sends them', async () => {
    const consent = pageConsent({ statistics: 'pending' });
    const { queue, clock } = queued({ consent: consent.of('statistics') });
    const events = sized(3, 600);
    events.forEach((event) => queue.push(event));
    await clock.advance(10_000);
    turn('hidden');
    dispatchEvent(new Event('pagehide'));
    expect(await requestCount()).toBe(0);
    expect(queue.status()).toMatchObject({ queued: 3, lost: {} });
    consent.set({ statistics: 'granted' });
    await queue.flush();
    expect(await acceptedIds()).toEqual(ids(events));
  });

  it('pending: memory is bounded, and what is driven out is counted', async () => {
    const consent = pageConsent({ statistics: 'pending' });
    const { queue, clock } = queued({ consent: consent.of('statistics') }, { maxEvents: 10 });
    const events = sized(25, 600);
    for (const event of events) {
      queue.push(event);
      await clock.advance(1000);
    }
    expect(queue.status()).toMatchObject({ queued: 10, lost: { 'queue-full/routine': 15 } });
    consent.set({ statistics: 'granted' });
    await queue.flush();
    const accepted = await received();
    const told = accepted
      .flatMap(({ body }) => (JSON.parse(body) as { events: UnderstudyEvent[] }).events)
      .filter((event) => event.type === 'telemetry-dropped');
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(15);
  });

  it('denied: drops and counts them, those that wait included; what comes after a later grant is sent', async () => {
    const consent = pageConsent({ statistics: 'pending' });
    const { queue, clock } = queued({ consent: consent.of('statistics') });
    const [early, late, later] = sized(3, 600) as [UnderstudyEvent, UnderstudyEvent, UnderstudyEvent];
    queue.push(early);
    await clock.advance(1000);
    consent.set({ statistics: 'denied' });
    await eventually(() => queue.status().lost).toEqual({ 'refused/routine': 1 });
    queue.push(late);
    turn('hidden');
    await clock.advance(1000);
    await eventually(() => queue.status()).toMatchObject({
      queued: 0,
      lost: { 'refused/routine': 2 },
      lastError: 'The user has denied consent: the events are dropped.',
    });
    expect(await requestCount()).toBe(0);
    consent.set({ statistics: 'granted' });
    queue.push(later);
    await queue.flush();
    expect(await acceptedIds()).toContain(later.id);
    expect(JSON.stringify(await received())).not.toContain(early.id.concat('"'));
  });

  it('denied: erases at once what waits, also where it is granted again in the same moment', async () => {
    const consent = pageConsent({ necessary: 'granted', statistics: 'granted' });
    const { queue } = queued({ consent: consent.of('statistics') });
    const [early, late] = sized(2, 600) as [UnderstudyEvent, UnderstudyEvent];
    queue.push(early);
    consent.set({ statistics: 'denied' });
    consent.set({ statistics: 'granted' });
    queue.push(late);
    await queue.flush();
    expect(queue.status()).toMatchObject({ delivered: 1, queued: 0, lost: { 'refused/routine': 1 } });
    expect(await acceptedIds()).toContain(late.id);
    expect(await acceptedIds()).not.toContain(early.id);
  });

  it('of one purpose says nothing of another', async () => {
    const consent = pageConsent({ necessary: 'granted', statistics: 'pending' });
    const necessary = queued({ consent: consent.of('necessary'), types: ['control-changed'] });
    const statistics = queued({ consent: consent.of('statistics'), types: ['decision'] });
    const [control, decision] = [sampleControl(), sampleDecision()];
    for (const event of [control, decision]) {
      for (const { queue } of [necessary, statistics]) if (queue.accepts(event.type)) queue.push(event);
    }
    await necessary.queue.flush();
    expect(await acceptedIds()).toEqual([control.id]);
    consent.set({ statistics: 'granted' });
    await statistics.queue.flush();
    expect(await acceptedIds()).toEqual([control.id, decision.id]);
  });

  it('is told wrong states and purposes, and changes nothing then', () => {
    expect(() => pageConsent({ statistics: 'yes' as never })).toThrow(/pageConsent.statistics: expected one of/);
    const consent = pageConsent({ necessary: 'pending', statistics: 'pending' });
    expect(() => consent.set({ necessary: 'granted', statistics: 'no' as never })).toThrow(/consent.set.statistics/);
    expect(() => consent.set({ statistic: 'granted' } as never)).toThrow(/did you mean statistics/);
    expect(() => consent.of('statistic' as never)).toThrow(/did you mean statistics/);
    expect(consent.of('necessary').state).toBe('pending');
  });

  it('takes a state that is none for a denial', async () => {
    const { queue } = queued({ consent: Object.assign(new EventTarget(), { state: 'yes' as never }) });
    queue.push(sampleDecision());
    await queue.flush();
    expect(queue.status()).toMatchObject({ delivered: 0, lost: { 'refused/routine': 1 } });
    expect(await requestCount()).toBe(0);
  });
});

describe('in a runtime', () => {
  it('is a sink like any other', async () => {
    const sink = beacon({ url: new URL(box, location.href) });
    const understudy = createUnderstudy({ sinks: [sink] });
    const any = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
    const model = understudy.defineModel(
      { name: 'claims', input: any, output: any },
      { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
    );
    const { id } = await model.predict({});
    await understudy.close();
    expect(await acceptedIds()).toEqual([id]);
  });

  it('refuses options that make no sense, all at once', () => {
    expect(() => beacon({ url: '', maxBytes: 70_000, consent: 'maybe' as never })).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        details: { problems: ['url', 'consent', 'maxBytes'].map((name) => expect.objectContaining({ path: `beacon.${name}` })) },
      }),
    );
  });
});
