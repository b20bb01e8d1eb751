import { redisStore } from '@understudy/node/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { redisServer, withRedis } from '../servers/redis-server.ts';
import { Fleet, until } from './fleet.ts';
import { fleetCases } from './fleet-cases.ts';

describe.runIf(withRedis)('a fleet on Redis', () => {
  fleetCases({
    kind: 'redis',
    server: () => redisServer('--appendonly', 'yes'),
    // A machine that is busy with the fleet must not fail what the test reads.
    open: (url) => redisStore({ url, timeoutMs: 20_000 }),
  });

  it('that comes back empty is given back the document and the evidence, and no unit moves', async () => {
    const server = await redisServer();
    onTestFinished(() => server.stop());
    await server.start();
    const store = redisStore({ url: server.url });
    onTestFinished(() => store.close());
    const fleet = await Fleet.start(
      {
        model: 'lost',
        store: { kind: 'redis', url: server.url },
        key: 'a key of sixteen bytes or more',
        gate: 'errors',
        canaryShares: [0.1, 0.3, 0.6],
        bakeMs: 3_600_000,
        failing: [0.3, 0.15],
      },
      store,
    );
    onTestFinished(() => fleet.close());
    const promote = () =>
      fleet.processes[0]?.ask('command', 'promote', { by: { id: 'ana', roles: [] }, reason: 'the test says so' });
    fleet.drive(10);
    await fleet.reaches('canary 10 %');
    await fleet.agree();
    const counted = async () => (await fleet.evidence()).filter(({ counters }) => (counters['1|units|n0'] ?? 0) > 0).length;
    await until(async () => (await counted()) === 3, 'Not all have handed over evidence');
    await promote();
    await fleet.agree();
    const { rollout: known } = await fleet.document();
    const assignments = await fleet.all('assignments', 1000);
    await server.kill();
    await server.start();
    await until(async () => (await fleet.document()).version > 0, 'The document has not come back');
    await fleet.agree();
    expect((await fleet.document()).rollout).toEqual(known);
    expect(await fleet.all('assignments', 1000)).toEqual(assignments);
    // What was counted in the stage before is there as well.
    await until(async () => (await counted()) === 3, 'Not all have handed over evidence again');
    await promote();
    await fleet.agree();
    await fleet.stop();
    expect(await fleet.stages()).toEqual(['draft', 'canary 10 %', 'canary 30 %', 'canary 60 %']);
    expect((await fleet.all('status')).map(({ rollout }) => rollout?.share)).toEqual([0.6, 0.6, 0.6]);
    expect([fleet.failures, fleet.seen.filter(({ error }) => error !== null)]).toEqual([[], []]);
  });
});
