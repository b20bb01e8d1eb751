import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { memoryStore } from '../control/memory-store.ts';
import { always } from '../fallback/always.ts';
import { errorRate } from '../rollout/gates/error-rate.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Predictor, StateStore } from '../types/index.ts';
import { createRegistry } from './registry.ts';
import type { RegisteredVersion } from './registry-state.ts';
import { fromRegistry } from './serve-registered.ts';

const BY = { by: { id: 'ana', roles: ['owner'] }, reason: 'a test' };
const digestOf = (version: string): string => `sha256:${version.padStart(64, '0')}`;
const contract = { name: 'claims', input: z.object({ x: z.number() }), output: z.object({ by: z.string() }) } as const;

type Load = (version: RegisteredVersion) => Predictor<{ x: number }, { by: string }>;
const closed: string[] = [];
const load: Load = ({ version }) => Object.assign(() => ({ by: version }), { close: () => void closed.push(version) });

async function setUp(given: StateStore = memoryStore({ acceptLoss: true })) {
  closed.length = 0;
  const clock = new VirtualClock();
  const sink = fakeSink();
  const understudy = createUnderstudy({ clock, sinks: [sink], store: given, refreshMs: 1000 });
  const registry = createRegistry(understudy, { approvals: 0, refreshMs: 5000 });
  const triage = registry.model('triage');
  return { clock, sink, understudy, registry, triage };
}

async function withVersions(...versions: readonly string[]) {
  const parts = await setUp();
  for (const version of versions) await parts.triage.register({ version, digest: digestOf(version) }, BY);
  await parts.triage.moveAlias('champion', versions[0] ?? '1', BY);
  return parts;
}

/** How many hashes are being computed: on other threads, in time of their own. */
let hashing = 0;
beforeEach(() => {
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  vi.spyOn(crypto.subtle, 'digest').mockImplementation((...args) => {
    hashing++;
    return digest(...args).finally(() => hashing--);
  });
});
afterEach(() => void vi.restoreAllMocks());

/** Until what follows a change in the store has been done. */
async function settled(): Promise<void> {
  for (let idle = 0; idle < 20; idle = hashing > 0 ? 0 : idle + 1) await new Promise((done) => setImmediate(done));
}

describe('a variant from a registry', () => {
  it('serves the version that its alias names, which each decision says, and follows the alias', async () => {
    const { registry, triage, sink, understudy } = await withVersions('1', '2');
    const model = await registry.defineModel(contract, {
      variants: { v: fromRegistry('triage', { alias: 'champion', load }) },
      champion: 'v',
    });
    expect(await model.predict({ x: 1 })).toMatchObject({ output: { by: '1' }, servedBy: { variant: 'v', version: '1' } });
    const heard: string[] = [];
    model.on('decision', ({ version }) => heard.push(version));
    await triage.moveAlias('champion', '2', BY);
    await settled();
    expect(await model.predict({ x: 1 })).toMatchObject({ output: { by: '2' }, servedBy: { variant: 'v', version: '2' } });
    await triage.rollBack('champion', BY);
    await settled();
    expect((await model.predict({ x: 1 })).output.by).toBe('1');
    expect(heard).toEqual(['2', '1']);
    expect(closed).toEqual(['1', '2']);
    await understudy.flush();
    expect(sink.ofType('decision').map(({ version, facts }) => [version, facts])).toEqual(
      ['1', '2', '1'].map((version) => [version, { registered: version, digest: digestOf(version) }]),
    );
    expect(sink.ofType('registry-changed').filter(({ change }) => change === 'served')).toHaveLength(3);
    await model.close();
    expect(closed).toEqual(['1', '2', '1']);
  });

  it('follows a store that tells nobody within refreshMs', async () => {
    const { watch: _, ...silent } = memoryStore({ acceptLoss: true });
    const { clock, registry, triage } = await setUp(silent);
    for (const version of ['1', '2']) await triage.register({ version }, BY);
    await triage.moveAlias('champion', '1', BY);
    const model = await registry.defineModel(contract, {
      variants: { v: fromRegistry('triage', { alias: 'champion', load }) },
      champion: 'v',
    });
    await triage.moveAlias('champion', '2', BY);
    await clock.advance(4999);
    expect((await model.predict({ x: 1 })).output.by).toBe('1');
    await clock.advance(1);
    await settled();
    expect((await model.predict({ x: 1 })).output.by).toBe('2');
  });

  it('ends calls in flight with the version that they began with, and closes it after them', async () => {
    const { registry, triage } = await withVersions('1', '2');
    const gate = Promise.withResolvers<void>();
    const slow = ((version: RegisteredVersion) =>
      Object.assign(
        async () => {
          if (version.version === '1') await gate.promise;
          return { by: version.version };
        },
        { close: () => void closed.push(version.version) },
      )) as unknown as Load;
    const model = await registry.defineModel(contract, {
      variants: { v: fromRegistry('triage', { alias: 'champion', load: slow }) },
      champion: 'v',
    });
    const call = model.predict({ x: 1 });
    await triage.moveAlias('champion', '2', BY);
    await settled();
    expect((await model.predict({ x: 1 })).output.by).toBe('2');
    expect(closed).toEqual([]);
    gate.resolve();
    expect((await call).output.by).toBe('1');
    await settled();
    expect(closed).toEqual(['1']);
  });

  it('a move that comes while another version is loaded is not missed', async () => {
    const { registry, triage } = await withVersions('1', '2', '3');
    const gate = Promise.withResolvers<void>();
    const slow = (async (version: RegisteredVersion) => {
      if (version.version === '2') await gate.promise;
      return load(version);
    }) as unknown as Load;
    const model = await registry.defineModel(contract, {
      variants: { v: fromRegistry('triage', { alias: 'champion', load: slow }) },
      champion: 'v',
    });
    await settled();
    await triage.moveAlias('champion', '2', BY);
    await settled();
    await triage.moveAlias('champion', '3', BY);
    await settled();
    expect((await model.predict({ x: 1 })).output.by).toBe('1');
    gate.resolve();
    await settled();
    expect((await model.predict({ x: 1 })).output.by).toBe('3');
  });

  it('leaves other variants as they are: they are closed once, at the end', async () => {
    const { registry, triage } = await withVersions('1', '2');
    const own = Object.assign(() => ({ by: 'own' }), { close: () => void closed.push('own') });
    const model = await registry.defineModel(contract, {
      variants: { v: fromRegistry('triage', { alias: 'champion', load }), own: { predictor: own, version: '9' } },
      champion: 'v',
    });
    await triage.moveAlias('champion', '2', BY);
    await settled();
    expect((await model.predict({ x: 1 }, { force: 'own' })).output.by).toBe('own');
    expect(closed).toEqual(['1']);
    await model.close();
    expect(closed.toSorted()).toEqual(['1', '2', 'own']);
  });

  it('that names no version fails, and the fallback serves until it does', async () => {
    const { registry, triage } = await setUp();
    const model = await registry.defineModel(contract, {
      variants: { v: fromRegistry('triage', { alias: 'champion', load }) },
      champion: 'v',
      fallback: [always({ by: 'rules' })],
    });
    expect(await model.predict({ x: 1 })).toMatchObject({ output: { by: 'rules' }, degraded: true });
    await triage.register({ version: '1' }, BY);
    await triage.moveAlias('champion', '1', BY);
    await settled();
    expect(await model.predict({ x: 1 })).toMatchObject({ output: { by: '1' }, degraded: false });
  });

  it('is served by the fallback while the store is away at the start, and serves once it is back', async () => {
    const inner = memoryStore({ acceptLoss: true });
    let isAway = false;
    const store: StateStore = {
      ...inner,
      read: (key) => (isAway && key.startsWith('registry/') ? Promise.reject(new Error('ECONNREFUSED')) : inner.read(key)),
    };
    const { clock, registry, triage } = await setUp(store);
    await triage.register({ version: '1' }, BY);
    await triage.moveAlias('champion', '1', BY);
    isAway = true;
    const model = await registry.defineModel(contract, {
      variants: { v: fromRegistry('triage', { alias: 'champion', load }) },
      champion: 'v',
      fallback: [always({ by: 'rules' })],
    });
    expect((await model.predict({ x: 1 })).output.by).toBe('rules');
    isAway = false;
    await clock.advance(5000);
    await settled();
    expect((await model.predict({ x: 1 })).output.by).toBe('1');
    isAway = true;
    await clock.advance(5000);
    await settled();
    expect((await model.predict({ x: 1 })).output.by).toBe('1');
  });
});

describe('a version that cannot serve', () => {
  const failing: readonly [string, Load, string][] = [
    [
      'whose load throws',
      () => {
        throw new Error('no such file');
      },
      'no such file',
    ],
    ['whose load gives no predictor', (() => 7) as never, 'gave no predictor'],
    [
      'with another digest',
      ({ version }) => Object.assign(() => ({ by: version }), { describe: () => ({ digest: `sha256:${'f'.repeat(64)}` }) }),
      'has the digest',
    ],
  ];

  it.each(failing)('%s is refused and told once; the one before goes on', async (_, bad, reason) => {
    const { clock, registry, triage, sink, understudy } = await withVersions('1', '2');
    const choose: Load = (version) => (version.version === '1' ? load(version) : bad(version));
    const model = await registry.defineModel(contract, {
      variants: { v: fromRegistry('triage', { alias: 'champion', load: choose }) },
      champion: 'v',
    });
    await triage.moveAlias('champion', '2', BY);
    await settled();
    await clock.advance(15_000);
    await settled();
    expect((await model.predict({ x: 1 })).servedBy).toMatchObject({ version: '1' });
    await understudy.flush();
    const refused = sink.ofType('registry-changed').filter(({ change }) => change === 'refused');
    expect(refused).toMatchObject([{ version: '2', by: 'registry', reason: expect.stringContaining(reason) }]);
  });

  it('whose load hangs holds up nothing, and is refused after loadMs', async () => {
    const { clock, registry, triage } = await withVersions('1', '2');
    const hanging = ((version: RegisteredVersion) =>
      version.version === '1' ? load(version) : new Promise(() => undefined)) as unknown as Load;
    const model = await registry.defineModel(contract, {
      variants: { v: fromRegistry('triage', { alias: 'champion', load: hanging, loadMs: 1000 }) },
      champion: 'v',
    });
    await triage.moveAlias('champion', '2', BY);
    await settled();
    expect((await model.predict({ x: 1 })).output.by).toBe('1');
    await clock.advance(1000);
    await triage.moveAlias('champion', '1', BY);
    await clock.advance(10_000);
    await settled();
    expect((await model.predict({ x: 1 })).output.by).toBe('1');
  });

  it('that tells its digest only when it has answered serves nothing where that is another', async () => {
    const { registry } = await withVersions('1');
    let told: string | undefined;
    const late: Load = () =>
      Object.assign(
        () => {
          told = `sha256:${'f'.repeat(64)}`;
          return { by: 'an imposter' };
        },
        { describe: () => (told === undefined ? {} : { digest: told }) as Readonly<Record<string, string>> },
      );
    const model = await registry.defineModel(contract, {
      variants: { v: fromRegistry('triage', { alias: 'champion', load: late }) },
      champion: 'v',
      fallback: [always({ by: 'rules' })],
    });
    for (let call = 0; call < 2; call++) expect((await model.predict({ x: 1 })).output.by).toBe('rules');
  });
});

describe('a rollout between two aliases', () => {
  const ROLLOUT = {
    challenger: 'next',
    canaryShares: [0.5],
    bakeMs: 1000,
    gates: [errorRate({ maxRatio: 2 })],
    holdbackShare: 0,
  } as const;

  async function rolling() {
    const parts = await withVersions('1', '2');
    const model = await parts.registry.defineModel(contract, {
      variants: {
        now: fromRegistry('triage', { alias: 'champion', load }),
        next: fromRegistry('triage', { alias: 'challenger', load }),
      },
      champion: 'now',
      rollout: ROLLOUT,
    });
    return { ...parts, model };
  }

  it('begins when the alias of the challenger names another version, and not before', async () => {
    const { clock, triage, model } = await rolling();
    await model.predict({ x: 1 });
    expect(model.status().rollout).toBeUndefined();
    await triage.moveAlias('challenger', '1', BY);
    await settled();
    expect(model.status().rollout).toBeUndefined();
    await triage.moveAlias('challenger', '2', BY);
    await settled();
    await model.predict({ x: 1 });
    await clock.advance(5000);
    await settled();
    expect(model.status().rollout?.id).toContain('next@2 over now@1');
  });

  it('that is promoted is written back: the champion names its version, the challenger nothing, and no rollout begins', async () => {
    const { clock, triage, model, sink, understudy } = await rolling();
    await triage.moveAlias('challenger', '2', BY);
    await settled();
    await model.predict({ x: 1 });
    await clock.advance(3000);
    for (let step = 0; step < 5 && model.status().rollout?.share !== 1; step++) {
      await model.control.rollout.promote(BY).catch(() => undefined);
      await clock.advance(1000);
      await settled();
    }
    await clock.advance(10_000);
    await settled();
    expect(await triage.resolve({ alias: 'champion' })).toMatchObject({ version: '2' });
    expect(await triage.resolve({ alias: 'challenger' })).toBeUndefined();
    await clock.advance(10_000);
    await settled();
    expect((await model.predict({ x: 1 })).servedBy).toMatchObject({ variant: 'now', version: '2' });
    expect(model.status().rollout).toBeUndefined();
    await understudy.flush();
    const moves = sink.ofType('registry-changed').filter(({ by }) => by === 'rollout');
    expect(moves.map(({ change, version, alias, from }) => [change, version, alias, from])).toEqual([
      ['alias-moved', '2', 'champion', '1'],
      ['alias-moved', '', 'challenger', '2'],
    ]);
    await triage.rollBack('champion', BY);
    await clock.advance(20_000);
    await settled();
    expect((await model.predict({ x: 1 })).output.by).toBe('1');
    // The same two again would be promoted at once, unproven: a version of another name is tried afresh.
    await triage.moveAlias('challenger', '2', BY);
    await clock.advance(20_000);
    await settled();
    expect([(await model.predict({ x: 1 })).output.by, model.status().rollout]).toEqual(['1', undefined]);
    await triage.register({ version: '2-again' }, BY);
    await triage.moveAlias('challenger', '2-again', BY);
    await settled();
    await model.predict({ x: 1 });
    await clock.advance(1000);
    await settled();
    expect(model.status().rollout).toMatchObject({ id: 'next@2-again over now@1 #2', share: expect.any(Number) as number });
    await understudy.flush();
    expect(sink.ofType('registry-changed').filter(({ change }) => change === 'refused')).toMatchObject([
      { version: '2', reason: expect.stringContaining('by another name') },
    ]);
  });

  it('an alias that names nothing any more serves nothing, and the fallback does', async () => {
    const { registry, triage } = await withVersions('1');
    const model = await registry.defineModel(contract, {
      variants: { v: fromRegistry('triage', { alias: 'champion', load }) },
      champion: 'v',
      fallback: [always({ by: 'rules' })],
    });
    await triage.moveAlias('champion', null, BY);
    await settled();
    expect((await model.predict({ x: 1 })).output.by).toBe('rules');
    expect(closed).toEqual(['1']);
  });

  it('that is rolled back is recorded once, and moves nothing', async () => {
    const { clock, triage, model } = await rolling();
    await triage.moveAlias('challenger', '2', BY);
    await settled();
    await model.predict({ x: 1 });
    await clock.advance(3000);
    await model.control.rollout.rollBack(BY);
    await clock.advance(20_000);
    await settled();
    const log = [];
    for await (const entry of triage.changes()) if (entry.by === 'rollout') log.push(entry);
    expect(log).toMatchObject([{ change: 'recorded', version: '2', reason: expect.stringContaining('was rolled back') }]);
    expect(await triage.resolve({ alias: 'champion' })).toMatchObject({ version: '1' });
  });
});

it.each([
  [['triage', { load }], 'expected either alias or version'],
  [['triage', { load, alias: 'a', version: '1' }], 'expected either alias or version'],
  [['triage', { alias: 'a' }], 'load: expected a function'],
  [['', { load, alias: 'a' }], 'model: expected the name of a model'],
  [['triage', { load, alis: 'a' }], 'did you mean alias?'],
  [['triage', undefined], 'fromRegistry(model, options)'],
])('fromRegistry(%j) is refused', (call, message) => {
  expect(() => fromRegistry(...(call as unknown as Parameters<typeof fromRegistry>))).toThrow(message);
});

it('a model that no registry defines refuses it', async () => {
  const { understudy } = await setUp();
  const variants = { v: fromRegistry('triage', { alias: 'champion', load }) };
  expect(() => understudy.defineModel(contract, { variants, champion: 'v' })).toThrow('variants.v.version');
});
