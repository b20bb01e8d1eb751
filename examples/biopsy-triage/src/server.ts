/**
 * The model server, a process of its own: champion.onnx behind the Open Inference Protocol. Its parent tells it by IPC how to
 * fail, and it ends when its parent does. `node src/server.ts [port]` runs it alone.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Answer, answerOf, delayMs, type Fault } from './faults.ts';
import { listen } from './listen.ts';

const session = await InferenceSession.create(fileURLToPath(new URL('../data/champion.onnx', import.meta.url)), {
  intraOpNumThreads: 1,
  logSeverityLevel: 3,
});

let fault: Fault = 'none';
let count = 0;

async function infer(request: IncomingMessage): Promise<Answer> {
  const { inputs } = JSON.parse(await text(request)) as { inputs: readonly { shape: number[]; data: number[] }[] };
  const [input] = inputs;
  if (input === undefined) return { status: 400, body: '{"error":"expected one input"}' };
  const x = new Tensor('float32', input.data, input.shape);
  const { probabilities } = await session.run({ x }, ['probabilities']);
  const number = count++;
  const answer = answerOf(fault, number, Array.from((probabilities?.data ?? []) as Float32Array));
  await setTimeout(delayMs(fault, number));
  return answer;
}

async function route(request: IncomingMessage): Promise<Answer> {
  switch (`${request.method} ${request.url}`) {
    case 'POST /v2/models/biopsy-triage/infer':
      return infer(request);
    case 'GET /v2/health/live':
    case 'GET /v2/health/ready':
    case 'GET /v2/models/biopsy-triage/ready':
      return { status: 200, body: '' };
    default:
      return { status: 404, body: '{"error":"not found"}' };
  }
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, headers, body } = await route(request).catch((error: unknown): Answer => ({
    status: 400,
    body: JSON.stringify({ error: String(error) }),
  }));
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

const server = createServer((request, response) => void serve(request, response));
const port = await listen(server, Number(process.argv[2] ?? 0));
if (process.send === undefined) {
  console.log(`http://127.0.0.1:${port}`);
} else {
  process.on('message', (next: Fault) => {
    fault = next;
    process.send?.({ fault });
  });
  process.once('disconnect', () => process.exit());
  // A terminal sends Ctrl-C to parent and child: the parent ends both, in its order.
  process.on('SIGINT', () => undefined);
  process.send({ port });
}
