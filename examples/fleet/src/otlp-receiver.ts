/** A receiver of spans over OTLP, as a collector is one: it keeps the ids of the decisions that it hears of. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Part } from './part.ts';

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}
interface Traces {
  readonly resourceSpans?: readonly {
    readonly scopeSpans?: readonly { readonly spans?: readonly { readonly attributes?: readonly Attribute[] }[] }[];
  }[];
}

export interface OtlpReceiver extends Part {
  readonly url: string;
  readonly decisions: ReadonlySet<string>;
}

export function otlpReceiver(port: number): OtlpReceiver {
  const decisions = new Set<string>();
  let server: Server | undefined;
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    decisions,
    start: async () => {
      server = createServer((request, response) => {
        json(request).then(
          (body) => {
            for (const id of decisionsIn(body as Traces)) decisions.add(id);
            return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
          },
          () => response.writeHead(400).end(),
        );
      }).listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    kill: async () => {
      if (server === undefined) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      server = undefined;
    },
  };
}

function decisionsIn({ resourceSpans = [] }: Traces): readonly string[] {
  return resourceSpans
    .flatMap(({ scopeSpans = [] }) => scopeSpans)
    .flatMap(({ spans = [] }) => spans)
    .flatMap(({ attributes = [] }) => attributes)
    .flatMap(({ key, value }) => (key === 'inference.decision.id' && value.stringValue !== undefined ? [value.stringValue] : []));
}
