import type { Sink, UnderstudyEvent } from '@understudy/core';
import { type OpenSink, sinkConformanceCases } from '@understudy/core/testing';
import { describe, expect, it } from 'vitest';
import { beacon } from './beacon.ts';
import { offlineQueue, type OfflineQueue } from './offline.ts';
import type { PostOptions } from './post-events.ts';

interface Received {
  readonly body: string;
  readonly status: number;
}

/** A sink before an inbox of its own (tests/browser/inbox.ts). */
const opens =
  (make: (options: PostOptions) => Sink<UnderstudyEvent>) =>
  (content: boolean): OpenSink => {
    const box = `/inbox/${crypto.randomUUID()}?key=token-5f2c`;
    const answers = (list: readonly object[]): Promise<Response> => fetch(box, { method: 'PUT', body: JSON.stringify(list) });
    const taken = async (): Promise<readonly Received[]> => {
      const all = (await (await fetch(box)).json()) as readonly Received[];
      return all.filter(({ status }) => status < 300);
    };
    return {
      sink: make({ url: box, headers: { 'x-key': 'hunter2' }, content }),
      secrets: ['token-5f2c', 'hunter2'],
      arrived: async () => JSON.stringify((await taken()).map(({ body }) => body)),
      ids: async () =>
        (await taken()).flatMap(({ body }) =>
          (JSON.parse(body) as { events: readonly UnderstudyEvent[] }).events.map(({ id }) => id),
        ),
      fail: async () => void (await answers(Array.from({ length: 1000 }, () => ({ status: 503 })))),
      mend: async () => {
        await fetch(box, { method: 'DELETE' });
        await answers([]);
      },
      hang: async () => void (await answers(Array.from({ length: 1000 }, () => ({ status: 503, held: true })))),
    };
  };

describe('beacon()', () => {
  it.each(sinkConformanceCases)('$title', async ({ run }) => {
    await expect(run({ open: opens(beacon) })).resolves.toBeUndefined();
  });
});

// What is kept in the browser counts as delivered: the cases of a failing other side are those of offline.test.ts.
describe('offlineQueue()', () => {
  it.each(sinkConformanceCases)('$title', async ({ run }) => {
    const open = (content: boolean): OpenSink => {
      let queue: OfflineQueue | undefined;
      const { sink, arrived, ids, secrets } = opens(
        (options) => (queue = offlineQueue({ ...options, name: crypto.randomUUID() })),
      )(content);
      // A closed one has sent all.
      const sent = async (): Promise<unknown> => queue?.send().catch(() => undefined);
      return {
        sink,
        secrets: secrets ?? [],
        arrived: () => sent().then(arrived),
        ids: () => sent().then(async () => (await ids?.()) ?? []),
        status: () => queue?.status(),
      };
    };
    await expect(run({ open })).resolves.toBeUndefined();
  });
});
