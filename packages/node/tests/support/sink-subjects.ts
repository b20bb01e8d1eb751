import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as api from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor, InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import type { UnderstudyEvent } from '@understudy/core';
import type { OpenSink } from '@understudy/core/testing';
import { exportLedger, generateLedgerKey, ledger } from '../../src/ledger.ts';
import { fileSink } from '../../src/sinks/file-sink.ts';
import { http } from '../../src/sinks/http.ts';
import { otel } from '../../src/sinks/otel.ts';
import { pagerDuty } from '../../src/sinks/pager-duty.ts';
import { prometheus } from '../../src/sinks/prometheus.ts';
import { slack } from '../../src/sinks/slack.ts';
import { webhook } from '../../src/sinks/webhook.ts';

const ends: (() => unknown)[] = [];

/** Ends what subjects have opened, the last first. */
export async function endSubjects(): Promise<void> {
  for (const end of ends.splice(0).toReversed()) await end();
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-sinks-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Receiver extends Pick<OpenSink, 'arrived' | 'fail' | 'mend' | 'hang' | 'forget'> {
  readonly port: number;
  readonly bodies: readonly unknown[];
}

/** A server that keeps what it takes, and can be down or silent. */
async function receiver(): Promise<Receiver> {
  const bodies: unknown[] = [];
  const heads: string[] = [];
  const waiting: ServerResponse[] = [];
  let state: 'up' | 'down' | 'hangs' = 'up';
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (state === 'down') return void response.writeHead(503).end('hunter2');
      if (state === 'hangs') return void waiting.push(response);
      const bytes = Buffer.concat(chunks);
      heads.push(JSON.stringify(request.rawHeaders));
      bodies.push(JSON.parse(String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes)));
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    bodies,
    arrived: () => JSON.stringify([bodies, heads]),
    forget: () => void (bodies.splice(0), heads.splice(0)),
    fail: () => void (state = 'down'),
    hang: () => void (state = 'hangs'),
    mend: () => {
      state = 'up';
      for (const response of waiting.splice(0)) response.writeHead(503).end();
    },
  };
}

const SECRETS = ['hunter2', 'pass%77ord', 'password', 'token-5f2c', 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0'];
const urlOf = (port: number): string => `http://someone:pass%77ord@127.0.0.1:${port}/events?key=token-5f2c`;
const SECRET = 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0';
const headers = { authorization: 'Bearer hunter2' };

const idsOf = (events: readonly unknown[]): readonly string[] => events.map((event) => (event as UnderstudyEvent).id);
const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

/** What a folder holds, as text. */
const readFolder = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');

function ledgerOf(mode: 'deferred' | 'before-return') {
  return async (content: boolean): Promise<OpenSink> => {
    const directory = join(newFolder(), 'ledger');
    const { privateKey } = generateLedgerKey('example.com/x');
    const sink = ledger({ directory, key: privateKey, content, mode });
    ends.push(() => sink.close?.());
    const ids = async (): Promise<readonly string[]> => {
      const found: unknown[] = [];
      if (sink.status().size > 0)
        for await (const record of exportLedger({ directory })) if (record.kind === 'event') found.push(record.event);
      return idsOf(found);
    };
    return { sink, arrived: () => readFolder(directory), ids, secrets: [privateKey], status: () => sink.status() };
  };
}

/** Sinks before other sides of their own, whose addresses and headers hold secrets. */
export const SINK_SUBJECTS: Readonly<Record<string, (content: boolean) => Promise<OpenSink>>> = {
  fileSink: async (content) => {
    const path = join(newFolder(), 'events.ndjson');
    const sink = fileSink({ path, content, maxBytes: 2 ** 30 });
    ends.push(() => sink.close?.());
    const text = (): string => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return '';
      }
    };
    return {
      sink,
      arrived: text,
      ids: () => idsOf(linesOf(text()).map((line) => JSON.parse(line) as unknown)),
      status: sink.status,
    };
  },
  ledger: ledgerOf('deferred'),
  'ledger, before return': ledgerOf('before-return'),
  http: async (content) => {
    const { port, bodies, ...more } = await receiver();
    const sink = http({ url: urlOf(port), headers, secret: SECRET, content });
    return { ...more, sink, secrets: SECRETS, ids: () => bodies.flatMap((body) => idsOf((body as { events: [] }).events)) };
  },
  'http, as CloudEvents': async (content) => {
    const { port, bodies, ...more } = await receiver();
    const sink = http({ url: urlOf(port), format: 'cloudevents', headers, content });
    return { ...more, sink, secrets: SECRETS, ids: () => bodies.flatMap((body) => idsOf(body as [])) };
  },
  webhook: async () => {
    const { port, bodies, ...more } = await receiver();
    const sink = webhook({ url: urlOf(port), secret: SECRET, headers });
    return { ...more, sink, secrets: SECRETS, ids: () => idsOf(bodies) };
  },
  slack: async () => {
    const { port, bodies: _bodies, ...more } = await receiver();
    return { ...more, sink: slack({ url: urlOf(port) }), secrets: SECRETS };
  },
  pagerDuty: async () => {
    const { port, bodies: _bodies, ...more } = await receiver();
    const routingKey = 'R0123456789abcdefR0123456789abcd';
    return { ...more, sink: pagerDuty({ url: urlOf(port), routingKey }), secrets: [...SECRETS, routingKey] };
  },
  prometheus: async () => {
    const sink = prometheus();
    return { sink, arrived: () => sink.render() };
  },
  otel: async () => {
    const [spans, metrics] = [new InMemorySpanExporter(), new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)];
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(spans)] });
    const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 1e6 });
    const meterProvider = new MeterProvider({ readers: [reader] });
    ends.push(
      () => tracerProvider.shutdown(),
      () => meterProvider.shutdown(),
    );
    const sink = otel({ lib: api, tracerProvider, meterProvider });
    const arrived = async (): Promise<string> => {
      await Promise.all([tracerProvider.forceFlush(), meterProvider.forceFlush()]);
      const told = spans.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status }));
      return JSON.stringify([told, metrics.getMetrics().map(({ scopeMetrics }) => scopeMetrics)]);
    };
    return { sink, arrived };
  },
};
