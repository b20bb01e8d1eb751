/** One process of the app. It ends with its parent, and on its word: then it delivers what waits, and says what was lost. */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect } from '@nats-io/transport-node';
import * as api from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { always, createUnderstudy } from '@understudy/core';
import { spooled } from '@understudy/node/file';
import { ledger } from '@understudy/node/ledger';
import { nats } from '@understudy/node/nats';
import { otel } from '@understudy/node/otel';
import { postgresDecisions } from '@understudy/node/postgres';
import { prometheus } from '@understudy/node/prometheus';
import { redisStore } from '@understudy/node/redis';
import * as z from 'zod';
import type { AppMessage, AppOptions } from './app-options.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as AppOptions;
const tell = (message: AppMessage): void => void process.send?.(message);

// Clients of others go on looking for their server, whatever happens to it.
const connection = await connect({
  servers: options.nats,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 200,
  waitOnFirstConnect: true,
});
const tracerProvider = new BasicTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: options.otlp }), { scheduledDelayMillis: 500 })],
});

const metrics = prometheus();
const understudy = createUnderstudy({
  application: 'fleet',
  store: redisStore({ url: options.redis }),
  refreshMs: 200,
  sinks: [
    // Nobody gets an answer whose decision is not on disk.
    ledger({ directory: join(options.folder, 'ledger'), key: options.ledgerKey, mode: 'before-return' }),
    // What the lane of audits holds waits on disk while its sink is down.
    spooled(postgresDecisions({ connectionString: options.postgres, timeoutMs: 2000 }), {
      directory: join(options.folder, 'postgres'),
    }),
    spooled(nats({ connection, timeoutMs: 2000 }), { directory: join(options.folder, 'nats') }),
    metrics,
    otel({ lib: api, tracerProvider, metrics: false }),
  ],
});

const claims = understudy.defineModel(
  { name: 'claims', input: z.object({ amount: z.number() }), output: z.object({ score: z.number() }) },
  {
    variants: {
      v1: {
        version: '1',
        predictor: ({ amount }) => {
          if (amount % 20 === 0) throw new Error('the model cannot say');
          return { score: amount / 1000 };
        },
      },
    },
    champion: 'v1',
    fallback: [always({ score: 0.5 })],
  },
);

const server = createServer((request, response) => {
  if (request.url === '/metrics') return metrics.handler(request, response);
  const answer = async (): Promise<void> => {
    const decision = await claims.predict({ amount: Number(await text(request)) });
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ id: decision.id, tier: decision.servedBy.tier }));
  };
  answer().catch((error: unknown) => response.writeHead(503).end(String(error)));
});

process.once('disconnect', () => process.exit());
process.once('message', () => {
  const end = async (): Promise<void> => {
    server.close();
    await understudy.close({ timeoutMs: 20_000 }).catch(() => undefined);
    const sinks = understudy.status().sinks.map(({ name, delivered, lost }) => ({ name, delivered, lost }));
    await tracerProvider.shutdown().catch(() => undefined);
    await connection.close();
    tell({ end: { sinks } });
    process.disconnect();
  };
  void end();
});

await understudy.ready();
server.listen(options.port, '127.0.0.1', () => tell({ ready: true }));
