import { postgresStore } from '@understudy/node/postgres';
import { describe } from 'vitest';
import { postgresServer, withPostgres } from '../servers/postgres-server.ts';
import { fleetCases } from './fleet-cases.ts';

describe.runIf(withPostgres)('a fleet on PostgreSQL', () => {
  fleetCases({
    kind: 'postgres',
    server: postgresServer,
    open: (connectionString) => postgresStore({ connectionString }),
  });
});
