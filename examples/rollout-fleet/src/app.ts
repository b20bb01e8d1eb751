/** One process of the app: its parent gives its options and hears its port and its transitions by IPC; it ends with its parent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { always, createUnderstudy } from '@understudy/core';
import { murmur3 } from '@understudy/core/assignment';
import { errorRate } from '@understudy/core/rollout';
import { redisStore } from '@understudy/node/redis';
import { hmacSigner } from '@understudy/node/signing';
import { sqliteStore } from '@understudy/node/sqlite';
import * as z from 'zod';
import type { AppMessage, AppOptions } from './app-options.ts';

const { store, version, failing } = JSON.parse(process.argv[2] ?? '{}') as AppOptions;
const tell = (message: AppMessage): void => void process.send?.(message);

const understudy = createUnderstudy({
  store: store.kind === 'redis' ? redisStore({ url: store.url }) : sqliteStore({ file: store.file }),
  signer: hmacSigner('a key of at least sixteen bytes'),
  refreshMs: 100,
});

/** Fails for a share of the units: at random, and the same in every process. */
const variant = (name: string, of: string, rate: number) => ({
  version: of,
  predictor: ({ unit }: { readonly unit: string }) => {
    if (murmur3(`${name}@${of} and ${unit}`) / 2 ** 32 < rate) throw new Error(`${name} failed`);
    return { answer: name };
  },
});

const model = understudy.defineModel(
  { name: 'fleet', input: z.object({ unit: z.string() }), output: z.object({ answer: z.string() }) },
  {
    variants: {
      champion: variant('champion', '1', failing.champion),
      challenger: variant('challenger', version, failing.challenger),
    },
    champion: 'champion',
    fallback: [always({ answer: 'the usual' })],
    rollout: {
      challenger: 'challenger',
      canaryShares: [0.1, 0.25, 0.5],
      bakeMs: 400,
      gates: [errorRate({ maxRatio: 1.5 })],
    },
  },
);
model.on('rollout-changed', (event) => tell({ event, gates: model.status().rollout?.gates ?? [] }));

const server = createServer((request, response) => {
  const reply = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const answer = async (): Promise<void> => {
    if (request.method === 'GET') return reply(200, model.status());
    const unit = await text(request);
    // The control document that this call obeys.
    const known = model.status().control.version;
    const { assigned, output } = await model.predict({ unit }, { unit });
    reply(200, { assigned, known, ...output });
  };
  answer().catch((error: unknown) => reply(503, { error: String(error) }));
});

process.once('disconnect', () => process.exit());
await understudy.ready();
server.listen(0, '127.0.0.1', () => tell({ port: (server.address() as AddressInfo).port }));
