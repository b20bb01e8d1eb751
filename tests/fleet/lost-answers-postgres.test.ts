import { postgresStore } from '@understudy/node/postgres';
import { expect, it, onTestFinished } from 'vitest';
import { postgresServer, withPostgres } from '../servers/postgres-server.ts';
import { loseAnswers } from './lost-answers.ts';

it.runIf(withPostgres)(
  'F2 eight processes on a PostgreSQL whose answers are lost: each change is told once, and no answer is untrue',
  async () => {
    const server = await postgresServer();
    onTestFinished(() => server.stop());
    await server.start();
    const store = postgresStore({ connectionString: server.url });
    onTestFinished(() => store.close());
    const { port } = new URL(server.url);
    await loseAnswers('postgres', store, (proxy) => server.url.replace(`:${port}/`, `:${proxy}/`), Number(port));
    expect((await store.read('model/commanded')).version).toBeGreaterThan(0);
  },
  600_000,
);
