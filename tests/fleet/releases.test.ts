import { redisStore } from '@understudy/node/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestServer } from '../servers/server-process.ts';
import { redisServer, withRedis } from '../servers/redis-server.ts';
import { AppProcess } from './app-process.ts';
import type { AppOptions, Seen } from './app.ts';
import { until } from './fleet.ts';

const MODEL = 'releases';
const UNITS = Array.from({ length: 120 }, (_, index) => `unit-${index}`);
const by = (id: string, reason: string) => ({ by: { id, roles: [] }, reason });

describe.runIf(withRedis)('two releases of an application, with other variants and another format of the store', () => {
  let server: TestServer;
  let store: ReturnType<typeof redisStore>;
  const launched: AppProcess[] = [];
  beforeAll(async () => {
    server = await redisServer();
    await server.start();
    store = redisStore({ url: server.url, timeoutMs: 20_000 });
  });
  afterAll(async () => {
    await Promise.all(launched.map((process) => process.kill()));
    await store?.close();
    await server?.stop();
  });

  async function launch(release: 'old' | 'new'): Promise<AppProcess> {
    const options: AppOptions = {
      model: MODEL,
      store: { kind: 'redis', url: server.url },
      key: 'a key of sixteen bytes or more',
      gate: 'errors',
      canaryShares: [0.3],
      bakeMs: 3_600_000,
      failing: [0, 0],
      ...(release === 'new' ? { challenger: 'v3', writesFormat3: true } : {}),
    };
    const process = new AppProcess(options, () => undefined);
    launched.push(process);
    await process.ready;
    return process;
  }
  const document = async (): Promise<{ readonly version: number; readonly value: Readonly<Record<string, unknown>> }> => {
    const { version, value } = await store.read(`model/${MODEL}`);
    return { version, value: (value ?? {}) as Readonly<Record<string, unknown>> };
  };
  const callsOf = async (processes: readonly AppProcess[]): Promise<readonly Seen[]> =>
    (await Promise.all(processes.map((process) => process.ask('call', UNITS)))).flat();
  /** Resolves when every process serves as it should; each of them knows the newest document then. */
  const allServe = (processes: readonly AppProcess[], as: (seen: Seen) => boolean): Promise<void> =>
    until(
      async () => (await callsOf(processes)).every((seen) => seen.error === null && as(seen)),
      async () => JSON.stringify(await Promise.all(processes.map((process) => process.ask('status')))),
    );
  const isPaused = ({ tier }: Seen): boolean => tier === 'always';
  const isServed = ({ tier }: Seen): boolean => tier === 'model';

  it('rolled forward and back: every command is in force everywhere, and no unit is assigned what it should not be', async () => {
    // The release before the old one has paused it.
    const paused = {
      v: 1,
      champion: 'v1',
      pinned: null,
      isolated: [],
      paused: true,
      pausedBy: ['eve'],
      reasons: { pause: 'hers' },
    };
    await store.compareAndSet(`model/${MODEL}`, 0, paused);
    const old = await Promise.all([launch('old'), launch('old')]);
    await allServe(old, isPaused);
    await old[0]?.ask('command', 'resume', by('ana', 'it is well'));
    await allServe(old, isServed);
    await until(async () => (await document()).value['rollout'] !== null, 'The rollout has not begun');
    await old[0]?.ask('command', 'promote', by('ana', 'to the canary'));
    await until(
      async () => (await callsOf(old)).some(({ assigned }) => assigned === 'v2'),
      'The old release does not assign its challenger',
    );

    // Rolled forward: the new release takes the document over, in its own format and with its own rollout.
    const fresh = await launch('new');
    const mixed = [...old, fresh];
    await until(async () => (await document()).value['v'] === 3, 'The new release has not written the document');
    await until(
      async () =>
        (await Promise.all(old.map((process) => process.ask('status')))).every(({ control }) => control.problem !== undefined),
      'The old release has not seen the newer format',
    );
    // Whoever commands it, and in whatever release, it is in force in all of them.
    for (const [name, commander] of [
      ['the old', old[0]],
      ['the new', fresh],
    ] as const) {
      /* oxlint-disable no-await-in-loop -- in order */
      await commander?.ask('command', 'pause', by(name, `${name} release pauses`));
      await allServe(mixed, isPaused);
      await commander?.ask('command', 'resume', by(name, `${name} release resumes`));
      await allServe(mixed, isServed);
      await commander?.ask('command', 'pinChampion', by(name, `${name} release pins`));
      await allServe(mixed, ({ assigned }) => assigned === 'v1');
      await commander?.ask('command', 'unpin', by(name, `${name} release lets go`));
      await until(async () => (await document()).value['pinned'] === null, 'It is still pinned');
      /* oxlint-enable no-await-in-loop */
    }
    expect((await document()).value).toMatchObject({ v: 3, quotas: { v3: 1 } });
    // The old release has no part in a rollout that it cannot read: its champion serves.
    await fresh.ask('command', 'promote', by('ana', 'to the canary'));
    await until(
      async () => (await callsOf([fresh])).some(({ assigned }) => assigned === 'v3'),
      'The new release does not assign its challenger',
    );
    const during = await fresh.ask('assignments', 400);
    expect(new Set((await callsOf(old)).map(({ assigned }) => assigned))).toEqual(new Set(['v1']));

    // Rolled back: the old release alone, on a document that it cannot read as a whole.
    await fresh.kill();
    await old[1]?.kill();
    const back = [...old.slice(0, 1), await launch('old')];
    await allServe(back, ({ assigned, tier }) => assigned === 'v1' && tier === 'model');
    await back[1]?.ask('command', 'pause', by('ana', 'rolled back'));
    await allServe(back, isPaused);
    await expect(back[1]?.ask('command', 'promote', by('ana', 'on'))).rejects.toThrow('newer format');
    const { value: left } = await document();
    expect(left).toMatchObject({ v: 3, paused: true, pausedBy: ['ana'], quotas: { v3: 1 } });

    // And forward again: the pause holds, the rollout goes on where it was, and no unit has moved.
    const again = await Promise.all([launch('new'), launch('new')]);
    await allServe([...back, ...again], isPaused);
    await again[0]?.ask('command', 'resume', by('ana', 'forward again'));
    await allServe([...back, ...again], isServed);
    expect(await Promise.all(again.map((process) => process.ask('assignments', 400)))).toEqual([during, during]);
    expect((await document()).value['rollout']).toEqual(left['rollout']);
  });
});
