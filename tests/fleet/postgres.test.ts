import { postgresStore } from '@understudy/node/postgres';
import { describe } from 'vitest';
import { postgresServer, withPostgres } from '../servers/postgres-server.ts';
import { fleetCases } from './fleet-cases.ts';

describe.runIf(withPostgres)('a fleet on PostgreSQL', () => {
  fleetCases({
    kind: 'postgres',
    server: postgresServer,
    // A machine that is busy with the fleet must not fail what the test reads.
    open: (connectionString) => postgresStore({ connectionString, timeoutMs: 20_000 }),
  });
});
