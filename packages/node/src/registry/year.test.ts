import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { always, createUnderstudy, memoryStore, type UnderstudyEvent } from '@understudy/core';
import { drift, profileFromRows } from '@understudy/core/monitors';
import { cardMarkdown, createRegistry, fromRegistry, modelCard, type RegisteredVersion } from '@understudy/core/registry';
import { reviewQueue, reviewSample } from '@understudy/core/review';
import { roles } from '@understudy/core/roles';
import { errorRate } from '@understudy/core/rollout';
import { seededRandom, VirtualClock } from '@understudy/core/testing';
import { afterEach, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { exportLedger, generateLedgerKey, ledger, verifyLedger } from '../ledger.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-year-'));
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const DAY = 86_400_000;
const note = (id: string, role: string, reason: string) => ({ by: { id, roles: [role] }, reason });
const contract = { name: 'triage', input: z.object({ amount: z.number() }), output: z.object({ pay: z.boolean() }) } as const;
type In = z.infer<typeof contract.input>;
type Out = z.infer<typeof contract.output>;

it('a year of a model: approved by two, shadowed, promoted, drifted, paused, reviewed by people, rolled back in one step, replaced; log, ledger and card tell it', async () => {
  const clock = new VirtualClock();
  const { privateKey, verifierKey } = generateLedgerKey('example.com/triage/eu-1');
  const directory = join(folder, 'ledger');
  const understudy = createUnderstudy({
    clock,
    random: seededRandom(3),
    store: memoryStore({ acceptLoss: true }),
    sinks: [ledger({ directory, key: privateKey, clock })],
    authorize: roles(),
    fourEyes: ['resume'],
  });
  const registry = createRegistry(understudy, { approvals: 2 });
  const triage = registry.model('triage');
  const queue = reviewQueue(understudy, { name: 'triage', pollMs: 60_000 });
  const load =
    ({ version }: RegisteredVersion) =>
    ({ amount }: In): Out => ({ pay: amount < (version === '2.0' ? 90 : 50) });

  /** Until what follows a change has been done: hashes are computed on other threads, in time of their own. */
  let hashing = 0;
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  vi.spyOn(crypto.subtle, 'digest').mockImplementation((...args) => {
    hashing++;
    return digest(...args).finally(() => hashing--);
  });
  const settled = async (): Promise<void> => {
    for (let idle = 0; idle < 20; idle = hashing > 0 ? 0 : idle + 1) await new Promise((done) => setImmediate(done));
  };
  const days = async (count: number): Promise<void> => {
    clock.freeze(count * DAY - 20_000);
    await clock.advance(20_000);
    await settled();
  };
  const release = async (version: string, auc: number): Promise<void> => {
    await triage.register(
      { version, metrics: { auc }, lineage: { data: `s3://claims/${version}` } },
      note('ana', 'owner', `trained ${version}`),
    );
    await triage.approve(version, note('bob', 'approver', 'data and metrics looked at'));
    await expect(triage.moveAlias('champion', version, note('ana', 'owner', 'too early'))).rejects.toThrow(
      'needs 1 more approval',
    );
    await triage.approve(version, note('carl', 'approver', 'risk looked at'));
  };

  // January: the first version serves.
  await release('1.0', 0.85);
  await triage.moveAlias('champion', '1.0', note('ana', 'owner', 'the first release'));
  const rows = Array.from({ length: 2000 }, (_, at) => ({ input: { amount: (at * 733) % 100 } }));
  const model = await registry.defineModel(contract, {
    variants: {
      current: fromRegistry('triage', { alias: 'champion', load }),
      next: fromRegistry('triage', { alias: 'challenger', load }),
    },
    champion: 'current',
    fallback: [always({ pay: false })],
    rollout: {
      challenger: 'next',
      shadow: { minPairs: 20 },
      canaryShares: [0.5],
      bakeMs: 1000,
      gates: [errorRate({ maxRatio: 3 })],
      holdbackShare: 0,
    },
    monitors: [
      drift({ reference: await profileFromRows(rows, contract), confirmations: 1, onBreach: ['alert', 'pause'] }),
      reviewSample<In, Out>({ queue, tiers: ['always'] }),
    ],
  });
  const traffic = async (count: number, shift = 0): Promise<void> => {
    for (let at = 0; at < count; at++)
      await model.predict({ amount: ((at * 37) % 100) + shift }, { unit: `u${clock.now()}-${at}` });
    await settled();
  };
  await traffic(50);
  expect((await model.predict({ amount: 10 })).servedBy).toMatchObject({ version: '1.0' });

  // April: the next one, beside it and then in its place.
  await days(90);
  await release('2.0', 0.9);
  await triage.moveAlias('challenger', '2.0', note('ana', 'owner', 'to be tried'));
  await settled();
  await traffic(60);
  await clock.advance(5000);
  await settled();
  for (let step = 0; step < 6 && model.status().rollout?.share !== 1; step++) {
    await model.control.rollout.promote(note('dora', 'approver', 'proven')).catch(() => undefined);
    await traffic(5);
    await clock.advance(2000);
    await settled();
  }
  await clock.advance(20_000);
  await settled();
  expect((await model.predict({ amount: 10 })).servedBy).toMatchObject({ variant: 'current', version: '2.0' });

  // July: other claims come. The monitor pauses it, and people look at what the last tier says.
  await days(90);
  for (let round = 0; round < 5 && !model.status().control.paused; round++) {
    await traffic(300, 400);
    await clock.advance(3000);
    await settled();
  }
  expect(model.status().control).toMatchObject({ paused: true, pausedBy: ['monitor:drift'] });
  const rescued = await model.predict({ amount: 450 });
  expect(rescued.servedBy).toMatchObject({ tier: 'always' });
  await settled();
  const reviewer = { id: 'rita', roles: ['reviewer'] };
  const task = await queue.take(reviewer, { id: rescued.id });
  if (task === undefined) throw new Error('nothing to review');
  await queue.answer(task, { output: { pay: true }, reason: 'a large claim, and a sound one' }, reviewer);
  await settled();

  // It goes back in one step; two persons let it on.
  await triage.rollBack('champion', note('olga', 'operator', 'the newest version does not know large claims'));
  await settled();
  await expect(model.control.resume(note('olga', 'operator', 'the old one serves'))).rejects.toMatchObject({
    code: 'SECOND_PERSON_NEEDED',
  });
  await model.control.resume(note('otto', 'operator', 'the old one serves'));
  expect((await model.predict({ amount: 60 })).servedBy).toMatchObject({ version: '1.0' });

  // October: it is replaced.
  await days(90);
  await release('3.0', 0.93);
  await triage.moveAlias('champion', '3.0', note('ana', 'owner', 'knows large claims'));
  await triage.retire('2.0', note('ana', 'owner', 'replaced'));
  await settled();
  expect((await model.predict({ amount: 10 })).servedBy).toMatchObject({ version: '3.0' });
  await days(60);

  // The change log tells it, and verifies.
  const log: string[] = [];
  for await (const { change, version, by } of triage.changes()) log.push(`${change} ${version} by ${by}`);
  expect(log).toEqual([
    'registered 1.0 by ana',
    'approved 1.0 by bob',
    'approved 1.0 by carl',
    'alias-moved 1.0 by ana',
    'registered 2.0 by ana',
    'approved 2.0 by bob',
    'approved 2.0 by carl',
    'alias-moved 2.0 by ana',
    'alias-moved 2.0 by rollout',
    'alias-moved  by rollout',
    'rolled-back 1.0 by olga',
    'registered 3.0 by ana',
    'approved 3.0 by bob',
    'approved 3.0 by carl',
    'alias-moved 3.0 by ana',
    'retired 2.0 by ana',
  ]);
  expect(await triage.verify()).toMatchObject({ entries: log.length });

  // The card tells it.
  const about = { overview: 'Says which claims are paid.', task: 'tabular-classification', dataset: 'claims' };
  const card = cardMarkdown(
    await modelCard({ model: triage, of: { alias: 'champion' }, about, live: { status: model.status(), at: clock.wall() } }),
  );
  for (const part of [
    '# triage 3.0',
    'serving, as champion',
    'bob (2026-',
    'carl (2026-',
    '| auc | 0.93 |',
    's3://claims/3.0',
    'knows large claims',
  ])
    expect(card).toContain(part);
  const second = cardMarkdown(await modelCard({ model: triage, of: { version: '2.0' }, about }));
  for (const part of ['| status | retired |', 'was promoted', 'does not know large claims', '| retired | ana | replaced |'])
    expect(second).toContain(part);

  // The ledger tells it, and verifies.
  await queue.close();
  await model.close();
  await understudy.close();
  expect(await verifyLedger({ directory, keys: [verifierKey], now: clock.wall() })).toMatchObject({ ok: true });
  const told: string[] = [];
  for await (const record of exportLedger({ directory })) {
    const event = record.kind === 'event' ? (record.event as unknown as UnderstudyEvent) : undefined;
    if (event?.type === 'registry-changed' && event.entry > 0) told.push(`${event.change} ${event.version} by ${event.by}`);
    if (event?.type === 'control-changed' && !event.command.startsWith('rollout'))
      told.push(`${event.command} by ${event.by}: ${event.result}`);
    if (event?.type === 'review-changed' && event.change === 'resolved') told.push(`review by ${event.by}`);
    if (event?.type === 'outcome' && event.kind === 'override') told.push(`override by ${event.by}`);
  }
  const between = told.slice(told.indexOf('alias-moved  by rollout') + 1, told.indexOf('registered 3.0 by ana'));
  expect(between).toEqual([
    'pause by monitor:drift: obeyed',
    'review by rita',
    'override by rita',
    'rolled-back 1.0 by olga',
    'resume by olga: awaits-second',
    'resume by otto: obeyed',
  ]);
  expect(told.filter((one) => log.includes(one))).toEqual(log);
});
