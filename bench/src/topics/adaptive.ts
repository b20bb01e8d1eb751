import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { composeWith, concurrencyLimit } from '@understudy/core/policies';
import { rounded, type Table, verdictCells } from '../table.ts';
import type { Topic } from '../topic.ts';

/** How long the server works on a request, in milliseconds. */
const WORK_MS = 20;
/** Requests that the server works on at once, phase by phase: its capacity halves, and doubles twice. */
const PHASES = [32, 16, 32, 64] as const;
/** How long a phase lasts; the first half of it is the limit's time to find its way. */
const PHASE_MS = 8000;
/** Callers that ask without a pause. */
const CALLERS = 160;

/** A server that works on `capacity` requests at once, and is slower for all where it has more. */
async function serverOf(): Promise<{ readonly url: string; capacity: number; close(): void }> {
  const state = { url: '', capacity: 0, close: () => undefined as void };
  let active = 0;
  const waiting: (() => void)[] = [];
  const begin = (): void => {
    while (active < state.capacity && waiting.length > 0) {
      active++;
      waiting.shift()?.();
    }
  };
  const server = createServer((_request, response) => {
    waiting.push(() => {
      setTimeout(() => {
        active--;
        response.end('ok');
        begin();
      }, WORK_MS);
    });
    begin();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  state.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return state;
}

/** Answers in the second half of each phase. */
async function answersOf(limit: (phase: number) => ReturnType<typeof concurrencyLimit>, isAdaptive: boolean): Promise<number[]> {
  const server = await serverOf();
  const made = (phase: number) => composeWith({ name: 'server' }, limit(phase));
  let call = made(0);
  let answers = 0;
  let isOver = false;
  const ask = async (): Promise<void> => {
    for (;;) {
      if (isOver) return;
      try {
        await call(async ({ signal }) => (await fetch(server.url, { signal })).text());
        answers++;
      } catch {
        await new Promise((wake) => setTimeout(wake, 2));
      }
    }
  };
  const callers: Promise<void>[] = [];
  const counts: number[] = [];
  for (const [phase, capacity] of PHASES.entries()) {
    server.capacity = capacity;
    if (!isAdaptive) call = made(phase);
    if (callers.length === 0) callers.push(...Array.from({ length: CALLERS }, ask));
    await new Promise((wake) => setTimeout(wake, PHASE_MS / 2));
    const before = answers;
    await new Promise((wake) => setTimeout(wake, PHASE_MS / 2));
    counts.push(answers - before);
  }
  isOver = true;
  await Promise.allSettled(callers);
  server.close();
  return counts;
}

/** The adaptive limit against the best fixed one, on a real server whose capacity changes. */
export const adaptive: Topic = {
  name: 'adaptive',
  page: 'docs/benchmarks-generative.md',
  async run() {
    const fixed = await answersOf((phase) => concurrencyLimit({ limit: PHASES[phase] ?? 1 }), false);
    const adapted = await answersOf(() => concurrencyLimit({ max: 200 }), true);
    const verdicts = PHASES.map((capacity, phase) => ({
      what: `best fixed limit over the adaptive one, capacity ${capacity}`,
      target: 1 / 0.9,
      measured: (fixed[phase] ?? 0) / Math.max(1, adapted[phase] ?? 0),
    }));
    const table: Table = {
      title: 'The adaptive concurrency limit on a server whose capacity halves and doubles',
      columns: ['capacity', 'best fixed limit, answers a second', 'adaptive limit', 'fixed ÷ adaptive', 'target', 'met'],
      rows: PHASES.map((capacity, phase) => {
        const [target, met] = verdictCells(verdicts[phase]);
        return [
          String(capacity),
          rounded(((fixed[phase] ?? 0) * 2000) / PHASE_MS),
          rounded(((adapted[phase] ?? 0) * 2000) / PHASE_MS),
          (verdicts[phase]?.measured ?? 0).toFixed(2),
          target,
          met,
        ];
      }),
      notes: [
        `A server on the same machine that works ${WORK_MS} ms on a request; ${CALLERS} callers; the second half of phases of ${PHASE_MS / 1000} s. The best fixed limit is the capacity.`,
      ],
      verdicts,
    };
    return [table];
  },
};
