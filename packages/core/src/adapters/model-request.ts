import type { ModelRequest } from '../types/index.ts';
import { providerName } from './provider-name.ts';

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * What is told of each request to an endpoint.
 *
 * @param protocol whose protocol it speaks: `openai`, `anthropic`, `ollama`
 */
export function modelRequest(operation: string, protocol: string, model: string, url: string): ModelRequest {
  // A path of a page's own origin: which host that is, the page knows.
  if (!URL.canParse(url)) return { operation, provider: protocol, model };
  const { hostname: host, port, protocol: scheme } = new URL(url);
  return {
    operation,
    provider: providerName(host, protocol),
    model,
    host,
    port: port === '' ? (PORTS[scheme] ?? 0) : Number(port),
  };
}
