import { redisStore } from '@understudy/node/redis';
import { expect, it, onTestFinished } from 'vitest';
import { redisServer, withRedis } from '../servers/redis-server.ts';
import { loseAnswers } from './lost-answers.ts';

it.runIf(withRedis)(
  'F2 eight processes on a Redis whose answers are lost: each change is told once, and no answer is untrue',
  async () => {
    const server = await redisServer();
    onTestFinished(() => server.stop());
    await server.start();
    const store = redisStore({ url: server.url });
    onTestFinished(() => store.close());
    await loseAnswers('redis', store, (port) => `redis://127.0.0.1:${port}`, Number(new URL(server.url).port));
    expect((await store.read('model/commanded')).version).toBeGreaterThan(0);
  },
  600_000,
);
