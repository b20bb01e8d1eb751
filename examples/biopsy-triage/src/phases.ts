import type { ServerProcess } from './server-process.ts';

/** A part of the schedule: what happens to the server at its start. Calls keep arriving all the time. */
export interface Phase {
  readonly name: string;
  readonly what: string;
  readonly begin: (server: ServerProcess) => Promise<void>;
  /** The tier that is expected to answer most calls. */
  readonly expected: 'model' | 'rules';
}

const PHASES: readonly Phase[] = [
  {
    name: 'healthy',
    what: 'The server answers in a few milliseconds.',
    begin: (server) => server.fail('none'),
    expected: 'model',
  },
  {
    name: 'slow',
    what: 'Every answer takes 0.6 to 1.6 s.',
    begin: (server) => server.fail('slow'),
    expected: 'rules',
  },
  {
    name: '503',
    what: 'Every answer is 503 with Retry-After.',
    begin: (server) => server.fail('unavailable'),
    expected: 'rules',
  },
  {
    name: 'broken',
    what: 'Three of four answers are 7.3, NaN, or lack the probability.',
    begin: (server) => server.fail('broken'),
    expected: 'rules',
  },
  {
    name: 'killed',
    what: 'The server process gets SIGKILL.',
    begin: (server) => server.kill(),
    expected: 'rules',
  },
  {
    name: 'back',
    what: 'The server is started again.',
    begin: (server) => server.restart(),
    expected: 'model',
  },
];

export interface Schedule {
  readonly phases: readonly Phase[];
  /** How long each phase lasts once it has begun, in milliseconds. */
  readonly phaseMs: number;
  /** Calls that arrive in a second, whether or not those before have been answered. */
  readonly callsPerSecond: number;
}

export const FULL: Schedule = { phases: PHASES, phaseMs: 4000, callsPerSecond: 150 };
/** For the tests of the project. */
export const FAST: Schedule = { phases: PHASES, phaseMs: 1500, callsPerSecond: 100 };
