import type { UnderstudyEvent } from '@understudy/core';
import { deleteDB, openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sampleControl, sampleDecision } from '../../../core/tests/support/sample-events.ts';
import { pageConsent } from './consent.ts';
import { offlineQueue, type OfflineQueue, type OfflineQueueOptions } from './offline.ts';

/** The server of these tests is tests/browser/inbox.ts. */
let box = '';
let name = '';
const open: OfflineQueue[] = [];

interface Received {
  readonly body: string;
  readonly status: number;
}

const received = async (): Promise<readonly Received[]> => (await fetch(box)).json() as Promise<readonly Received[]>;
const answerNext = (...answers: readonly object[]): Promise<Response> =>
  fetch(box, { method: 'PUT', body: JSON.stringify(answers) });
const idsIn = ({ body }: Received): readonly string[] =>
  (JSON.parse(body) as { events: readonly UnderstudyEvent[] }).events.map((event) => event.id);
const accepted = async (): Promise<readonly string[]> => (await received()).filter(({ status }) => status < 300).flatMap(idsIn);
const ids = (events: readonly UnderstudyEvent[]): readonly string[] => events.map((event) => event.id);
const context = { signal: new AbortController().signal };
/** However busy the machine is. */
const SOON = { timeout: 120_000 };

function queue(options: Partial<OfflineQueueOptions> = {}): OfflineQueue {
  const made = offlineQueue({ url: box, name, ...options });
  open.push(made);
  return made;
}
const isDown = (): Promise<Response> => answerNext(...Array.from({ length: 1000 }, () => ({ status: 503 })));
const isUp = (): Promise<Response> => answerNext();

/** Events of about `bytes` bytes each. */
const sized = (count: number, bytes: number): UnderstudyEvent[] =>
  Array.from({ length: count }, () => sampleDecision({ reason: 'x'.repeat(bytes - 420) }));

beforeEach(() => {
  name = crypto.randomUUID();
  box = `/inbox/${name}`;
});
afterEach(async () => {
  await isUp();
  await fetch(box, { method: 'DELETE' });
  for (const made of open.splice(0)) await made.close?.();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  await deleteDB(`understudy-${name}`);
});

describe('offlineQueue()', () => {
  it('keeps events, sends them, and keeps them no longer', async () => {
    const made = queue();
    const events = [sampleDecision(), sampleControl()];
    await made.write(events, context);
    await expect.poll(accepted, SOON).toEqual(ids(events));
    await expect.poll(made.status, SOON).toMatchObject({ events: 0, bytes: 0, lost: {} });
  });

  it('keeps them while the other side is down, and sends all in their order when it is back', async () => {
    await isDown();
    const made = queue();
    const events = sized(300, 1000);
    for (let start = 0; start < events.length; start += 50) await made.write(events.slice(start, start + 50), context);
    await expect(made.send()).rejects.toMatchObject({ code: 'SINK_FAILED', details: { status: 503 } });
    expect(await made.status()).toMatchObject({ events: 300, lost: {} });
    await isUp();
    await made.send();
    expect(await accepted()).toEqual(ids(events));
    expect(await made.status()).toMatchObject({ events: 0, bytes: 0, lost: {} });
    const sizes = (await received()).map(({ body }) => body.length);
    expect(Math.max(...sizes)).toBeLessThan(61_000);
  });

  it('sends what an earlier page has left, without any event of this one', async () => {
    await isDown();
    const earlier = queue();
    const events = sized(3, 600);
    await earlier.write(events, context);
    await expect(earlier.send()).rejects.toThrow('503');
    await earlier.close?.();
    await isUp();
    queue();
    await expect.poll(accepted, SOON).toEqual(ids(events));
  });

  it('sends when the network is back, whatever the pause is', async () => {
    await isDown();
    const made = queue();
    const [event] = sized(1, 600) as [UnderstudyEvent];
    await made.write([event], context);
    await expect(made.send()).rejects.toThrow('503');
    await isUp();
    dispatchEvent(new Event('online'));
    await expect.poll(accepted, SOON).toEqual([event.id]);
  });

  it.each([400, 415, 422])('gives up, and counts, what the other side will never take (%i), and goes on', async (status) => {
    await answerNext({ status });
    const made = queue();
    const [bad, good] = [sampleControl(), sampleDecision()];
    await made.write([bad], context);
    await expect.poll(made.status, SOON).toMatchObject({ events: 0, lost: { 'refused/audit': 1 } });
    await made.write([good], context);
    await expect.poll(accepted, SOON).toEqual([good.id]);
  });

  it.each([401, 403, 404, 408, 429, 500])('keeps what may be taken later (%i)', async (status) => {
    await answerNext({ status });
    const made = queue();
    const event = sampleControl();
    await made.write([event], context);
    await expect.poll(async () => (await received()).length, SOON).toBeGreaterThan(0);
    await made.send().catch(() => undefined);
    await expect.poll(accepted, SOON).toEqual([event.id]);
    expect(await made.status()).toMatchObject({ lost: {} });
  });

  it('a 413 makes requests smaller', async () => {
    await isDown();
    const made = queue();
    const events = sized(5, 600);
    await made.write(events.slice(0, 3), context);
    await made.write(events.slice(3), context);
    await expect(made.send()).rejects.toThrow('503');
    await isUp();
    await answerNext({ status: 413 }, { status: 413 });
    await made.send();
    // Both parts together; the first one, which becomes two; the second one; then larger requests again.
    const sizes = (await received()).map(idsIn).map(({ length }) => length);
    expect(sizes.slice(sizes.lastIndexOf(5))).toEqual([5, 3, 2, 3]);
    expect((await accepted()).toSorted()).toEqual(ids(events).toSorted());
    expect(await made.status()).toMatchObject({ events: 0, bytes: 0, lost: {} });
  });

  it('gives up an event that by itself is too large, and no other', async () => {
    await answerNext({ status: 413 });
    const made = queue();
    await made.write([sampleControl()], context);
    await expect.poll(made.status, SOON).toMatchObject({ events: 0, bytes: 0, lost: { 'refused/audit': 1 } });
    const event = sampleDecision();
    await made.write([event], context);
    await expect.poll(accepted, SOON).toEqual([event.id]);
  });

  it('keeps within its limits: the oldest of the lowest lane go first, and are counted', async () => {
    await isDown();
    const made = queue({ maxEvents: 4 });
    const audits = [sampleControl(), sampleControl()];
    const early = sized(2, 600);
    await made.write([audits[0] as UnderstudyEvent], context);
    for (const event of early) await made.write([event], context);
    await made.write([audits[1] as UnderstudyEvent], context);
    const late = sized(2, 600);
    for (const event of late) await made.write([event], context);
    expect(await made.status()).toMatchObject({ events: 4, lost: { 'full/routine': 2 } });
    await made.write([sampleControl(), sampleControl(), sampleControl()], context);
    // Three at once need the room of both routine ones and of the oldest audit event.
    expect(await made.status()).toMatchObject({ events: 4, lost: { 'full/routine': 4, 'full/audit': 1 } });
    await made.write([sampleDecision()], context);
    expect(await made.status()).toMatchObject({ events: 4, lost: { 'full/routine': 5, 'full/audit': 1 } });
  });

  it('gives up what is too old', async () => {
    await isDown();
    const made = queue({ maxAgeMs: 1 });
    await made.write([sampleDecision()], context);
    await new Promise((done) => setTimeout(done, 5));
    await made.send().catch(() => made.send());
    expect(await made.status()).toMatchObject({ events: 0, bytes: 0, lost: { 'expired/routine': 1 } });
  });

  it('one of several tabs sends at a time, and nothing is sent twice', async () => {
    await isDown();
    const tabs = [queue(), queue(), queue()];
    const events = sized(120, 1000);
    await Promise.all(tabs.map(async (tab, index) => tab.write(events.slice(index * 40, index * 40 + 40), context)));
    await isUp();
    await Promise.all(tabs.map((tab) => tab.send().catch(() => tab.send())));
    expect((await accepted()).toSorted()).toEqual(ids(events).toSorted());
  });

  it('without Web Locks takes a lease: another tab waits until it is over', async () => {
    await isDown();
    vi.spyOn(navigator, 'locks', 'get').mockReturnValue(undefined as never);
    const tabs = [queue(), queue()] as const;
    await tabs[0].write(sized(1, 600), context);
    await expect(tabs[0].send()).rejects.toMatchObject({ details: { status: 503 } });
    await expect(tabs[1].send()).rejects.toMatchObject({ message: 'Another tab is sending.' });
    await isUp();
    await tabs[0].send();
    expect(await accepted()).toHaveLength(1);
  });
});

describe('where nothing can be kept', () => {
  it('posts events at once', async () => {
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('not here', 'SecurityError');
    });
    const made = queue();
    const event = sampleDecision();
    await made.write([event], context);
    expect(await accepted()).toEqual([event.id]);
    await expect(made.status()).rejects.toThrow('not here');
  });

  it('a full disk takes new events for old ones of less importance', async () => {
    await isDown();
    const made = queue();
    for (const event of sized(4, 600)) await made.write([event], context);
    const add = IDBObjectStore.prototype.add;
    let isFull = true;
    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(function (this: IDBObjectStore, value, key) {
      if (!isFull) return add.call(this, value, key);
      isFull = false;
      this.transaction.abort();
      throw new DOMException('no more room', 'QuotaExceededError');
    });
    await made.write([sampleControl()], context);
    expect(await made.status()).toMatchObject({ events: 3, lost: { 'full/routine': 2 } });
  });

  it('a disk that stays full lets events through to the other side', async () => {
    const made = queue();
    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(function (this: IDBObjectStore) {
      this.transaction.abort();
      throw new DOMException('no more room', 'QuotaExceededError');
    });
    const event = sampleControl();
    await made.write([event], context);
    expect(await accepted()).toEqual([event.id]);
    expect((await made.status()).lastError).toMatch(/no more room/);
  });

  it('a database of a newer release is left alone', async () => {
    const newer = await openDB(`understudy-${name}`, 9);
    newer.close();
    const made = queue();
    const event = sampleDecision();
    await made.write([event], context);
    expect(await accepted()).toEqual([event.id]);
  });

  it('a database that was deleted in the middle is made anew', async () => {
    const made = queue();
    await made.write([sampleDecision()], context);
    await expect.poll(made.status, SOON).toMatchObject({ events: 0 });
    await deleteDB(`understudy-${name}`);
    const event = sampleDecision();
    await made.write([event], context);
    await expect.poll(accepted, SOON).toContain(event.id);
  });
});

describe('consent', () => {
  it('pending: nothing is kept on disk, nothing is sent; granted: both', async () => {
    const consent = pageConsent({ statistics: 'pending' });
    const made = queue({ consent: consent.of('statistics') });
    const event = sampleDecision();
    const written = made.write([event], context);
    await new Promise((done) => setTimeout(done, 20));
    expect(await made.status()).toMatchObject({ events: 0 });
    expect(await received()).toEqual([]);
    consent.set({ statistics: 'granted' });
    await written;
    await expect.poll(accepted, SOON).toEqual([event.id]);
  });

  it('denied: erases what is kept, and stops the request under way', async () => {
    await answerNext({ status: 204, held: true });
    const consent = pageConsent({ statistics: 'granted' });
    const made = queue({ consent: consent.of('statistics') });
    await made.write(sized(3, 600), context);
    await expect.poll(received, SOON).toHaveLength(1);
    consent.set({ statistics: 'denied' });
    await expect.poll(made.status, SOON).toMatchObject({ events: 0, bytes: 0, lost: { 'denied/routine': 3 } });
    await expect(made.write([sampleDecision()], context)).rejects.toMatchObject({ code: 'SINK_FAILED' });
    expect(await received()).toHaveLength(1);
  });

  it('denied while a database that cannot be used is tried: the events are not posted either', async () => {
    const consent = pageConsent({ statistics: 'granted' });
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
      consent.set({ statistics: 'denied' });
      throw new DOMException('No storage here', 'SecurityError');
    });
    const made = queue({ consent: consent.of('statistics') });
    await expect(made.write([sampleDecision()], context)).rejects.toThrow('No storage here');
    expect(await received()).toEqual([]);
  });

  it('an earlier page without consent leaves nothing that is sent before there is consent', async () => {
    await isDown();
    const earlier = queue();
    await earlier.write(sized(1, 600), context);
    await expect(earlier.send()).rejects.toThrow('503');
    await earlier.close?.();
    const before = (await received()).length;
    await isUp();
    const consent = pageConsent({ statistics: 'pending' });
    const made = queue({ consent: consent.of('statistics') });
    await made.send();
    expect((await received()).length).toBe(before);
    consent.set({ statistics: 'denied' });
    await expect.poll(made.status, SOON).toMatchObject({ events: 0 });
  });
});

describe('options', () => {
  it('are refused by name', () => {
    expect(() => offlineQueue({ url: '', maxAgeMs: 0, maxEvents: 0.5, maxbytes: 1 } as never)).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        details: {
          problems: ['maxbytes', 'url', 'maxEvents', 'maxAgeMs'].map((option) =>
            expect.objectContaining({ path: `offlineQueue.${option}` }),
          ),
        },
      }),
    );
  });
});

describe('pauses', () => {
  const later = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
  const asksToWait = (seconds: number): Promise<Response> =>
    answerNext({ status: 503, headers: { 'retry-after': String(seconds) } });

  it('new events, and a new tab, wait as long as the other side has asked for; send() does not', async () => {
    await asksToWait(30);
    const made = queue();
    const events = Array.from({ length: 6 }, () => sampleDecision());
    await made.write(events.slice(0, 1), context);
    await expect.poll(async () => (await made.status()).lastError, SOON).toMatch('503');
    for (const event of events.slice(1, 5)) {
      await made.write([event], context);
      await later(20);
    }
    const tab = queue();
    await tab.write(events.slice(5), context);
    await later(100);
    expect(await received()).toHaveLength(1);
    expect(await made.status()).toMatchObject({ events: 6 });
    await tab.send();
    expect(await accepted()).toEqual(ids(events));
    // It is over for the other tab too.
    const next = sampleDecision();
    await made.write([next], context);
    await expect.poll(accepted, SOON).toContain(next.id);
  });

  it('`online` ends one', async () => {
    await asksToWait(30);
    const made = queue();
    const event = sampleDecision();
    await made.write([event], context);
    await expect.poll(async () => (await made.status()).lastError, SOON).toMatch('503');
    dispatchEvent(new Event('online'));
    await expect.poll(accepted, SOON).toEqual([event.id]);
  });

  it('a clock that is set back ends one', async () => {
    const tomorrow = Date.now() + 24 * 3_600_000;
    const clock = vi.spyOn(Date, 'now').mockReturnValue(tomorrow);
    await asksToWait(30);
    const made = queue();
    await made.write([sampleDecision()], context);
    await expect.poll(async () => (await made.status()).lastError, SOON).toMatch('503');
    clock.mockRestore();
    queue();
    await expect.poll(accepted, SOON).toHaveLength(1);
  });

  it('the last error is none when all has arrived', async () => {
    await answerNext({ status: 500 });
    const made = queue();
    await made.write([sampleDecision()], context);
    await expect.poll(async () => (await made.status()).lastError, SOON).toMatch('500');
    await made.send();
    await expect.poll(made.status, SOON).toEqual({ events: 0, bytes: 0, lost: {} });
  });
});

describe('offline', () => {
  const goOffline = (onLine: unknown): unknown => vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(onLine as boolean);

  it('nothing is tried until `online`; send() tries', async () => {
    goOffline(false);
    const fetched = vi.spyOn(globalThis, 'fetch');
    const made = queue();
    const events = [sampleDecision(), sampleDecision()];
    for (const event of events) await made.write([event], context);
    await new Promise((done) => setTimeout(done, 100));
    expect(fetched).not.toHaveBeenCalled();
    await made.send();
    expect(await accepted()).toEqual(ids(events));
    const last = sampleDecision();
    await made.write([last], context);
    dispatchEvent(new Event('online'));
    await expect.poll(accepted, SOON).toContain(last.id);
  });

  it.each([undefined, 0, true])('an `onLine` of %s keeps nothing back', async (onLine) => {
    goOffline(onLine);
    const made = queue();
    const event = sampleDecision();
    await made.write([event], context);
    await expect.poll(accepted, SOON).toEqual([event.id]);
  });

  it('nothing is tried where nothing can be kept either', async () => {
    goOffline(false);
    const fetched = vi.spyOn(globalThis, 'fetch');
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('not here', 'SecurityError');
    });
    await expect(queue().write([sampleDecision()], context)).rejects.toMatchObject({ code: 'SINK_FAILED', retryable: true });
    expect(fetched).not.toHaveBeenCalled();
  });
});

describe('no storage before consent', () => {
  const exists = async (): Promise<boolean> =>
    (await indexedDB.databases()).some((database) => database.name === `understudy-${name}`);

  it('denied from the start: no database is made', async () => {
    const made = queue({ consent: 'denied' });
    await expect(made.write([sampleDecision()], context)).rejects.toMatchObject({ code: 'SINK_FAILED' });
    await made.send();
    expect(await made.status()).toEqual({ events: 0, bytes: 0, lost: {} });
    await new Promise((done) => setTimeout(done, 50));
    expect(await exists()).toBe(false);
  });

  it('pending, then denied, then granted: only the last makes one', async () => {
    const consent = pageConsent({ statistics: 'pending' });
    const made = queue({ consent: consent.of('statistics') });
    expect(await made.status()).toMatchObject({ events: 0 });
    consent.set({ statistics: 'denied' });
    await made.status();
    expect(await exists()).toBe(false);
    consent.set({ statistics: 'granted' });
    const event = sampleDecision();
    await made.write([event], context);
    expect(await exists()).toBe(true);
    await expect.poll(accepted, SOON).toEqual([event.id]);
  });
});

describe('two queues of one name', () => {
  const another = { url: 'https://other.example/events?key=hunter2' };

  it('are refused where they post to two addresses, until the first is closed', async () => {
    const first = queue();
    const refused = expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining(`posts to ${location.origin}${box}`),
    });
    expect(() => queue({ ...another, consent: 'pending' })).toThrow(refused);
    await first.close?.();
    const second = queue({ ...another, consent: 'pending' });
    expect(() => queue()).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }));
    await second.close?.();
  });

  it('share what is kept where they post to one: a module that is evaluated anew', async () => {
    queue();
    const again = queue({ url: new URL(box, location.href) });
    const event = sampleDecision();
    await again.write([event], context);
    await expect.poll(accepted, SOON).toEqual([event.id]);
  });
});

describe('messages', () => {
  it.each<[unknown, string]>([
    [undefined, 'offlineQueue.url: expected an http or https address, or a path, got undefined'],
    [7, 'got 7'],
    ['javascript:1', 'got one that begins with javascript:'],
    ['http://', 'got a text that is none'],
  ])('an address %j is refused: %s', (url, message) => {
    expect(() => offlineQueue({ url } as never)).toThrow(message);
  });

  it('a consent to no purpose, or to all, is refused with what to do', () => {
    expect(() => pageConsent(undefined as never)).toThrow(/expected an object with the consent to each purpose.*got undefined/);
    expect(() => pageConsent({})).toThrow('pageConsent.purposes');
    const consent = pageConsent({ statistics: 'pending' });
    expect(() => queue({ consent: consent as never })).toThrow(".of('purpose')");
    expect(() => consent.set({ marketing: 'granted' } as never)).toThrow(
      'consent.set.marketing: is no purpose: known are statistics',
    );
    expect(() => consent.set({ statistic: 'granted' } as never)).toThrow('did you mean statistics?');
  });
});
