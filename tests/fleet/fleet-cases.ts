import { setTimeout } from 'node:timers/promises';
import type { StateStore } from '@understudy/core';
import { logHarmE } from '@understudy/core/statistics';
import { seededRandom } from '@understudy/core/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../servers/server-process.ts';
import type { AppOptions, Seen } from './app.ts';
import { fails } from './failing.ts';
import { Fleet, flipsOf, quantile, returned, sum, until } from './fleet.ts';

export interface FleetStore {
  readonly kind: AppOptions['store']['kind'];
  readonly server: () => Promise<TestServer>;
  readonly open: (url: string) => StateStore & { close(): Promise<void> };
}

const KEY = 'a key of sixteen bytes or more';
const BY = { by: { id: 'ana', roles: ['model-owner'] }, reason: 'a test says so' };
const CHAMPION = 'champion 98 %';
const STAGES = ['draft', 'canary 10 %', 'canary 30 %', 'canary 60 %', CHAMPION];
const OUTAGE_MS = 10_000;
const FOREVER = 3_600_000;
/** How long a store's call waits: as long as a call that waited for a silent store would take. */
const STORE_TIMEOUT_MS = 2000;

/** What holds of three processes on one store, whichever it is. */
export function fleetCases(given: FleetStore): void {
  let server: TestServer;
  let store: StateStore & { close(): Promise<void> };
  let fleet: Fleet | undefined;
  let models = 0;
  beforeAll(async () => {
    server = await given.server();
    await server.start();
    store = given.open(server.url);
  });
  afterEach(async () => {
    await fleet?.close();
    fleet = undefined;
    // A test that failed while the server was down must not fail the next ones.
    server.resume();
    await server.start();
  });
  afterAll(async () => {
    await store?.close();
    await server?.stop();
  });

  async function start(options: Partial<AppOptions> = {}): Promise<Fleet> {
    fleet = await Fleet.start(
      {
        model: `fleet-${++models}`,
        store: { kind: given.kind, url: server.url },
        key: KEY,
        gate: 'errors',
        canaryShares: [0.1, 0.3, 0.6],
        bakeMs: 2000,
        failing: [0.3, 0.15],
        ...options,
      },
      store,
    );
    return fleet;
  }

  it('killed and restarted in every stage, makes each transition once and loses none, and no caller notices', async () => {
    const fleet = await start();
    const random = seededRandom(11);
    const killedIn = new Set<string>();
    fleet.drive(6);
    const restarts: Promise<void>[] = [];
    for (; !killedIn.has(CHAMPION); await setTimeout(25)) {
      const stage = (await fleet.stages()).at(-1) ?? 'draft';
      const living = [0, 1, 2].filter((slot) => fleet.processes[slot]?.alive === true);
      if (stage === 'draft' || living.length === 0) continue;
      // Each stage costs one as soon as it has begun, and others at random while two live: a slow machine must get there, too.
      if (killedIn.has(stage) && (living.length < 2 || random() > 0.05)) continue;
      // When it has become a canary with 30 %, none of them lives on to tell the others.
      const all = stage === 'canary 30 %' && !killedIn.has(stage);
      const chosen = living[Math.floor(living.length * random())];
      for (const slot of living) if (all || slot === chosen) restarts.push(fleet.restart(slot, 300 * random()));
      killedIn.add(stage);
    }
    await Promise.all(restarts);
    await fleet.stop();
    const { rollout, version } = await fleet.document();
    console.log(`${given.kind}: ${fleet.seen.length} calls to promotion, ${restarts.length} processes killed`);

    expect(rollout?.history.map(({ to }) => to)).toEqual(STAGES);
    expect(version).toBe(STAGES.length);
    const told = fleet.events.map((event) => `${event.version} ${event.to}`);
    expect(told).toEqual([...new Set(told)]);
    expect(told.filter((event) => !STAGES.map((stage, index) => `${index + 1} ${stage}`).includes(event))).toEqual([]);
    expect([...killedIn]).toEqual(STAGES.slice(1));
    expect(returned(fleet.seen)).toBeGreaterThan(100);
    expect(flipsOf(fleet.seen)).toEqual([]);
    expect([fleet.failures, fleet.seen.filter(({ error }) => error !== null)]).toEqual([[], []]);
    // Whatever was killed between a claim and its count is lost; nothing is counted twice.
    const units = new Set(fleet.seen.map(({ unit }) => unit)).size;
    const parts = await fleet.evidence();
    for (const number of [1, 2, 3]) {
      const counted = sum(
        parts.map(({ counters }) => (counters[`${number}|units|n0`] ?? 0) + (counters[`${number}|units|n1`] ?? 0)),
      );
      expect(counted).toBeGreaterThan(0);
      expect(counted).toBeLessThanOrEqual(units);
      expect(parts.every(({ counters }) => counters[`${number}|units|twice`] === undefined)).toBe(true);
    }
  });

  const outages = [
    ['killed', () => server.kill(), () => server.start()],
    ...(given.kind === 'redis' ? [['frozen', async () => server.pause(), async () => server.resume()] as const] : []),
  ] as const;
  it.each(outages)(
    'with the server %s for ten seconds, calls go on as before, nothing moves, and then it goes on',
    async (_, down, up) => {
      const fleet = await start({ bakeMs: 1500 });
      const known = async () =>
        (await fleet.all('status')).map(({ control, rollout }) => ({
          version: control.version,
          phase: rollout?.phase,
          share: rollout?.share ?? 0,
        }));
      fleet.drive(20);
      await fleet.reaches('canary 30 %');
      await fleet.agree();
      const before = fleet.seen.length;
      await down();
      const stopped = Date.now();
      const lastKnown = await known();
      const begun = fleet.seen.length;
      await setTimeout(OUTAGE_MS);
      const failures = (await fleet.all('status')).map(({ rollout }) => rollout?.storeFailure);
      expect(await known()).toEqual(lastKnown);
      const during = fleet.seen.slice(begun);
      const back = Date.now();
      await up();

      expect(lastKnown.map(({ phase }) => phase)).toEqual(['canary', 'canary', 'canary']);
      expect(failures).toEqual(failures.map(() => expect.stringContaining('did not answer')));
      const expected = sum(lastKnown.map(({ share }) => share)) / lastKnown.length;
      const fresh = during.filter(({ unit }) => unit.startsWith('new-'));
      expect(fresh.length).toBeGreaterThan(500);
      const share = fresh.filter(({ assigned }) => assigned === 'v2').length / fresh.length;
      expect(Math.abs(share - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / fresh.length));
      const usual = quantile(
        fleet.seen.slice(0, before).map(({ ms }) => ms),
        0.5,
      );
      const times = during.map(({ ms }) => ms);
      expect(quantile(times, 0.5)).toBeLessThan(3 * usual);
      expect(quantile(times, 0.99)).toBeLessThan(STORE_TIMEOUT_MS / 2);

      await fleet.reaches('champion 98 %');
      await fleet.stop();
      const { rollout } = await fleet.document();
      expect(rollout?.history.map(({ to }) => to)).toEqual(STAGES);
      console.log(
        'DBG',
        stopped,
        back,
        JSON.stringify(rollout?.history.map(({ at, to, by }) => [at - stopped, at - back, to, by])),
      );
      expect(rollout?.history.filter(({ at }) => at > stopped && at < back)).toEqual([]);
      expect(flipsOf(fleet.seen)).toEqual([]);
      expect([fleet.failures, fleet.seen.filter(({ error }) => error !== null)]).toEqual([[], []]);
    },
  );

  it('a new process obeys a pin, a pause and the share from its first call on', async () => {
    const fleet = await start({ bakeMs: FOREVER, failing: [0, 0] });
    const [one] = fleet.processes;
    const units = Array.from({ length: 50 }, (_, unit) => `${unit}`);
    const firstCalls = async () => (await fleet.another()).ask('call', units);
    await fleet.reaches('canary 10 %');
    for (const stage of ['canary 30 %', 'canary 60 %']) {
      await one?.ask('command', 'promote', BY);
      await fleet.reaches(stage);
    }
    const assigned = (await firstCalls()).map((call) => (call.assigned === 'v2' ? '1' : '0')).join('');
    expect(assigned).toBe(await one?.ask('assignments', units.length));
    expect(assigned).toMatch(/01|10/);
    await one?.ask('command', 'pin', BY);
    expect((await firstCalls()).map((call) => call.assigned)).toEqual(units.map(() => 'v2'));
    await one?.ask('command', 'unpin', BY);
    await one?.ask('command', 'pause', BY);
    expect((await firstCalls()).map((call) => call.tier)).toEqual(units.map(() => 'always'));
  });

  it('forged and repeated outcomes, told to any process, leave the evidence as it was', async () => {
    const fleet = await start({ gate: 'kpi', bakeMs: FOREVER, failing: [0, 0], canaryShares: [0.5] });
    const [one, two, three] = fleet.processes;
    if (one === undefined || two === undefined || three === undefined) throw new Error('Three processes were expected.');
    await fleet.agree();
    const units = Array.from({ length: 400 }, (_, unit) => `u${unit}`);
    const decisions = await one.ask('call', units.slice(0, 300));
    const later = await one.ask('call', units.slice(300));
    const counted = async (): Promise<Record<string, number>> => {
      const sums: Record<string, number> = {};
      for (const { counters } of await fleet.evidence())
        // The clock of who handed it over is no evidence, and moves. How fresh evidence is (@ and a gate) is some.
        for (const [name, value] of Object.entries(counters)) if (name !== '@') sums[name] = (sums[name] ?? 0) + value;
      return sums;
    };
    const observations = async (of: string): Promise<number> => {
      const sums = await counted();
      return (sums[`1|${of}|n0`] ?? 0) + (sums[`1|${of}|n1`] ?? 0);
    };
    // Before the forger has a chance to claim them.
    await until(async () => {
      await one.ask('call', ['u0']);
      return (await observations('units')) === 400;
    }, 'Not all units were counted');
    const forger = await fleet.another({ key: `not ${KEY}` });
    const forged = await forger.ask('call', units);
    await forger.kill();
    const tampered = later.map(({ id, ...call }) => ({ ...call, id: id.slice(0, -1) + (id.endsWith('0') ? '1' : '0') }));
    const told = (minutes: number, calls: readonly Seen[]) => calls.map(({ id }) => ({ id, minutes }));

    // Recorded where the decision was not made.
    expect(await two.ask('outcomes', told(30, decisions))).toEqual(decisions.map(() => 'counted'));
    await until(async () => (await observations('kpi:minutes')) === 300, 'Not all outcomes were counted');
    const verdicts = async () =>
      (await fleet.all('status')).map(({ rollout }) =>
        rollout?.gates.map(({ gate, verdict, logHarm, logProof }) => ({ gate, verdict, logHarm, logProof })),
      );
    await until(async () => {
      await fleet.all('call', ['u0']);
      return (await verdicts()).every((gates) => gates?.[0]?.verdict === 'proceed');
    }, 'Not every process has come to a verdict');
    const judged = await verdicts();
    const before = await counted();
    const handed = sum((await fleet.evidence()).map(({ sequence }) => sequence));

    for (const process of [one, two, three])
      for (const list of [forged, tampered])
        expect(await process.ask('outcomes', told(90, list))).toEqual(list.map(() => 'forged'));
    expect(await two.ask('outcomes', told(90, decisions))).toEqual(decisions.map(() => 'duplicate'));
    // These two cannot know that it was told before. The claims in the store do.
    for (const process of [one, three])
      expect(await process.ask('outcomes', told(90, decisions))).toEqual(decisions.map(() => 'counted'));
    await until(async () => {
      const evidence = await fleet.evidence();
      const settled = (await fleet.all('status')).every(({ rollout }) => rollout?.evidence.waiting === 0);
      // Both have handed over what they made of it.
      return settled && sum(evidence.map(({ sequence }) => sequence)) >= handed + 2;
    }, 'Some outcomes still wait');
    expect(await counted()).toEqual(before);
    expect(await verdicts()).toEqual(judged);

    // All the same these two are heard, when they have something new to tell.
    await one.ask('outcomes', told(30, later.slice(50)));
    await three.ask('outcomes', told(30, later.slice(0, 50)));
    await until(async () => (await observations('kpi:minutes')) >= 400, 'The last outcomes were not counted');
    expect(await observations('kpi:minutes')).toBe(400);
  });

  it('a truth is scored in whatever process it is told, also when the one that decided is gone', async () => {
    const fleet = await start({ gate: 'truths', bakeMs: FOREVER, failing: [0, 0], canaryShares: [0.5] });
    const [one, two, three] = fleet.processes;
    if (one === undefined || two === undefined || three === undefined) throw new Error('Three processes were expected.');
    await fleet.agree();
    const units = Array.from({ length: 300 }, (_, unit) => `u${unit}`);
    const decisions = await one.ask('call', units);
    await until(async () => (await one.ask('status')).sharing?.waiting === 0, 'Not all decisions were handed over');
    await one.kill();
    const truths = decisions.map(({ id, assigned }, index) => ({ id, y: index % 3 === 0 ? 0 : assigned === 'v2' ? 2 : 1 }));
    await two.ask('truths', truths.slice(0, 200));
    await three.ask('truths', truths.slice(200));
    const known = (await Promise.all([two, three].map((process) => process.ask('status')))).map(({ monitors, rollout }) => [
      monitors?.outcomes.byTier['model']?.known,
      monitors?.outcomes.unjoined,
      rollout?.evidence.unscored,
    ]);
    expect(known).toEqual([
      [200, 0, 0],
      [100, 0, 0],
    ]);
    const scores = async (): Promise<number> =>
      sum((await fleet.evidence()).map(({ counters }) => (counters['1|quality|n0'] ?? 0) + (counters['1|quality|n1'] ?? 0)));
    await until(async () => {
      await Promise.all([two, three].map((process) => process.ask('call', ['u0'])));
      return (await scores()) === 300;
    }, 'Not all truths became evidence');
  });

  it('5 % are in 25 % are in 50 %: each process says the same of 100,000 units', async () => {
    const fleet = await start({ bakeMs: FOREVER, failing: [0, 0], canaryShares: [0.05, 0.25, 0.5] });
    const count = 100_000;
    let inner = '0'.repeat(count);
    for (const [stage, share] of [
      ['canary 5 %', 0.05],
      ['canary 25 %', 0.25],
      ['canary 50 %', 0.5],
    ] as const) {
      await fleet.reaches(stage);
      await fleet.agree();
      const [outer = '', ...others] = await fleet.all('assignments', count);
      expect(others.every((other) => other === outer)).toBe(true);
      let [moved, left] = [0, 0];
      for (let unit = 0; unit < count; unit++) {
        if (outer[unit] === '1') moved++;
        else if (inner[unit] === '1') left++;
      }
      expect(left).toBe(0);
      expect(Math.abs(moved - share * count)).toBeLessThan(4 * Math.sqrt(share * (1 - share) * count));
      inner = outer;
      if (share < 0.5) await fleet.processes[share === 0.05 ? 0 : 1]?.ask('command', 'promote', BY);
    }
  });

  it('rolls back a challenger that fails three times as often, by evidence that no process has alone', async () => {
    const failing = [0.1, 0.3] as const;
    const fleet = await start({ bakeMs: FOREVER, failing, canaryShares: [0.2] });
    await fleet.agree();
    const assigned = (await fleet.processes[0]?.ask('assignments', 10_000)) ?? '';
    // Each kind of call goes to the processes in turn, so that none of them has more of it than the others.
    const kinds = new Map<string, number>();
    const shares = fleet.processes.map((): string[] => []);
    let calls = 0;
    for (let unit = 0; unit < assigned.length && (await fleet.stages()).at(-1) !== 'rolled-back'; unit++) {
      const variant = assigned[unit] === '1' ? 'v2' : 'v1';
      const kind = `${variant} ${fails(variant, `${unit}`, failing[variant === 'v2' ? 1 : 0])}`;
      const turn = kinds.get(kind) ?? 0;
      kinds.set(kind, turn + 1);
      shares[turn % shares.length]?.push(`${unit}`);
      if (unit % 60 < 59) continue;
      await Promise.all(fleet.processes.map((process, slot) => process.ask('call', shares[slot]?.splice(0) ?? [])));
      calls += 60;
      const counted = async (): Promise<number> =>
        sum((await fleet.evidence()).map(({ counters }) => (counters['1|units|n0'] ?? 0) + (counters['1|units|n1'] ?? 0)));
      // Evidence is exchanged while there are calls: those of a unit that has counted already change nothing. What is called after
      // the roll-back is not counted any more.
      await until(async () => {
        await fleet.all('call', ['0']);
        return (await counted()) === calls || (await fleet.stages()).at(-1) === 'rolled-back';
      }, 'Not all calls were counted');
    }
    console.log(`${given.kind}: ${calls} calls to roll-back`);
    expect(await fleet.stages()).toEqual(['draft', 'canary 20 %', 'rolled-back']);
    const parts = (await fleet.evidence()).map(({ counters }) => counters);
    const proof = (counters: readonly Readonly<Record<string, number>>[]): number => {
      const total = (name: string): number => sum(counters.map((part) => part[`1|errorRate|${name}`] ?? 0));
      return logHarmE([{ probability: 0.2, champion: total('e0'), challenger: total('e1') }]);
    };
    expect(parts).toHaveLength(3);
    expect(proof(parts)).toBeGreaterThanOrEqual(Math.log(20));
    expect(parts.filter((part) => proof([part]) >= Math.log(20))).toEqual([]);
    await fleet.agree();
    expect((await fleet.all('assignments', 1000)).join('')).not.toContain('1');
  });
}
