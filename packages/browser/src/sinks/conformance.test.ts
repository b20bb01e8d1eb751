import type { UnderstudyEvent } from '@understudy/core';
import { type OpenSink, sinkConformanceCases } from '@understudy/core/testing';
import { expect, it } from 'vitest';
import { beacon } from './beacon.ts';

interface Received {
  readonly body: string;
  readonly status: number;
}

/** A beacon before an inbox of its own (tests/browser/inbox.ts). */
function open(content: boolean): OpenSink {
  const box = `/inbox/${crypto.randomUUID()}?key=token-5f2c`;
  const answers = (list: readonly object[]): Promise<Response> => fetch(box, { method: 'PUT', body: JSON.stringify(list) });
  const taken = async (): Promise<readonly Received[]> => {
    const all = (await (await fetch(box)).json()) as readonly Received[];
    return all.filter(({ status }) => status < 300);
  };
  return {
    sink: beacon({ url: box, headers: { 'x-key': 'hunter2' }, content }),
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
}

it.each(sinkConformanceCases)('$title', async ({ run }) => {
  await expect(run({ open })).resolves.toBeUndefined();
});
