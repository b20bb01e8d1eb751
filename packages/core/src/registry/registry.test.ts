import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStore } from '../control/memory-store.ts';
import { roles } from '../control/roles.ts';
import { UnderstudyError } from '../errors/index.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import type { UnderstudyOptions } from '../runtime/understudy-options.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { StateStore } from '../types/index.ts';
import { createRegistry, type RegistryOptions } from './registry.ts';
import type { RegistryEntry } from './registry-state.ts';

const by = (id: string, ...held: readonly string[]) => ({
  by: { id, roles: held.length === 0 ? ['owner'] : held },
  reason: `${id} says so`,
});
const DIGEST = `sha256:${'0a'.repeat(32)}`;

function registryOf(options: RegistryOptions = {}, runtime: UnderstudyOptions = {}) {
  const clock = new VirtualClock();
  const sink = fakeSink();
  const store = memoryStore();
  const understudy = createUnderstudy({ clock, sinks: [sink], store, ...runtime });
  const registry = createRegistry(understudy, options);
  return { clock, sink, store, understudy, registry, triage: registry.model('triage') };
}

async function allOf<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('a version', () => {
  it('is a candidate, approved by another person, serves by an alias, and is told step by step', async () => {
    const { sink, understudy, registry, triage } = registryOf();
    const lineage = { data: 's3://claims/2026-10', code: '9f1c', parameters: { depth: 6 }, parent: '0.9' };
    const draft = { version: '1.0.0', digest: DIGEST, location: '/models/1.onnx', lineage, metrics: { auc: 0.91 } };
    expect(await triage.register(draft, by('ana'))).toMatchObject({ status: 'candidate', owner: 'ana', metrics: { auc: 0.91 } });
    expect(await triage.approve('1.0.0', by('bob'))).toMatchObject({ status: 'approved', approvals: [{ by: 'bob' }] });
    await triage.moveAlias('champion', '1.0.0', by('ana'));
    expect(await triage.resolve({ alias: 'champion' })).toMatchObject({ status: 'serving', aliases: ['champion'], lineage });
    expect(await registry.resolve('triage', { version: '2' })).toBeUndefined();
    expect(await registry.resolve('other', { alias: 'champion' })).toBeUndefined();
    await understudy.flush();
    expect(
      sink
        .ofType('registry-changed')
        .map(({ change, version, digest, alias, by: who, entry }) => [change, version, digest, alias, who, entry]),
    ).toEqual([
      ['registered', '1.0.0', DIGEST, undefined, 'ana', 1],
      ['approved', '1.0.0', DIGEST, undefined, 'bob', 2],
      ['alias-moved', '1.0.0', DIGEST, 'champion', 'ana', 3],
    ]);
  });

  it('never changes: the same name again is refused', async () => {
    const { triage } = registryOf();
    await triage.register({ version: '1' }, by('ana'));
    await expect(triage.register({ version: '1', metrics: { auc: 1 } }, by('ana'))).rejects.toMatchObject({
      code: 'CONTROL_CONFLICT',
    });
    expect(await allOf(triage.changes())).toHaveLength(1);
  });

  it('cannot be approved by who registered it, unless the registry says so, nor twice by one', async () => {
    const { triage } = registryOf();
    await triage.register({ version: '1' }, by('ana'));
    await expect(triage.approve('1', by('ana'))).rejects.toThrow('somebody else must approve it');
    await triage.approve('1', by('bob'));
    expect((await triage.approve('1', by('bob'))).approvals).toHaveLength(1);
    const lenient = registryOf({ selfApproval: true }).triage;
    await lenient.register({ version: '1' }, by('ana'));
    expect(await lenient.approve('1', by('ana'))).toMatchObject({ status: 'approved' });
  });

  it('needs as many people as the registry asks for before an alias names it', async () => {
    const { triage } = registryOf({ approvals: 2 });
    await triage.register({ version: '1' }, by('ana'));
    await triage.approve('1', by('bob'));
    await expect(triage.moveAlias('champion', '1', by('ana'))).rejects.toThrow('needs 1 more approval');
    await triage.approve('1', by('carl'));
    await triage.moveAlias('champion', '1', by('ana'));
    expect((await triage.versions())[0]?.status).toBe('serving');
  });

  it('that an alias names cannot be retired, and a retired one cannot serve', async () => {
    const { triage } = registryOf({ approvals: 0 });
    await triage.register({ version: '1' }, by('ana'));
    await triage.moveAlias('champion', '1', by('ana'));
    await expect(triage.retire('1', by('ana'))).rejects.toThrow('is named by champion');
    await triage.moveAlias('champion', null, by('ana'));
    await triage.retire('1', by('ana'));
    await expect(triage.moveAlias('champion', '1', by('ana'))).rejects.toThrow('is retired');
    await expect(triage.approve('1', by('bob'))).rejects.toThrow('is retired');
    await expect(triage.retire('2', by('ana'))).rejects.toThrow('there is no version 2: it has 1');
  });
});

describe('an alias', () => {
  async function served() {
    const parts = registryOf({ approvals: 0 });
    for (const [version, auc] of [
      ['1', 0.8],
      ['2', 0.9],
      ['3', 0.7],
    ] as const) {
      await parts.triage.register({ version, metrics: { auc, [`only-${version}`]: 1 } }, by('ana'));
      if (version !== '3') await parts.triage.moveAlias('champion', version, by('ana'));
    }
    return parts;
  }

  it('tells what its move did to the metrics that both versions have', async () => {
    const { triage } = await served();
    const moves = (await allOf(triage.changes())).filter(({ change }) => change === 'alias-moved');
    expect(moves).toMatchObject([
      { from: '', effect: {} },
      { from: '1', version: '2', effect: { auc: [0.8, 0.9] } },
    ]);
  });

  it('is rolled back in one step, again and again, and to a version by name', async () => {
    const { triage } = await served();
    expect(await triage.rollBack('champion', by('ana'))).toMatchObject({ version: '1', status: 'serving' });
    expect(await triage.rollBack('champion', by('ana'))).toMatchObject({ version: '2' });
    expect(await triage.rollBack('champion', by('ana'), { to: '3' })).toMatchObject({ version: '3' });
    await triage.moveAlias('champion', '1', by('ana'));
    await triage.retire('3', by('ana'));
    expect(await triage.rollBack('champion', by('ana'))).toMatchObject({ version: '2' });
    await expect(triage.rollBack('canary', by('ana'))).rejects.toThrow('has named no other version');
  });

  it('that names the version already is left, and told to nobody', async () => {
    const { triage, sink, understudy } = await served();
    const before = (await allOf(triage.changes())).length;
    await triage.moveAlias('champion', '2', by('ana'));
    await triage.moveAlias('canary', null, by('ana'));
    expect(await allOf(triage.changes())).toHaveLength(before);
    await understudy.flush();
    expect(sink.ofType('registry-changed')).toHaveLength(before);
  });

  it.each(['__proto__', 'constructor', 'toString'])('called %s is one like any other', async (alias) => {
    const { triage } = registryOf({ approvals: 0 });
    await triage.register({ version: alias }, by('ana'));
    expect(await triage.resolve({ alias })).toBeUndefined();
    await triage.moveAlias(alias, alias, by('ana'));
    expect(await triage.resolve({ alias })).toMatchObject({ version: alias, aliases: [alias] });
    await triage.verify();
  });
});

it.each([
  ['a', 'a/1'],
  ['a', 'a/1/1'],
  ['a b', 'a%20b'],
  ['x', 'x\ud800'],
])('models called %j and %j have registries of their own', async (one, other) => {
  const { registry } = registryOf({ approvals: 0 });
  await registry.model(one).register({ version: '1' }, by('ana'));
  await registry.model(other).register({ version: '2' }, by('ana'));
  await registry.model(one).register({ version: '3' }, by('ana'));
  const names = async (name: string) => (await registry.model(name).versions()).map(({ version }) => version);
  expect([await names(one), await names(other)]).toEqual([['1', '3'], ['2']]);
  await Promise.all([registry.model(one).verify(), registry.model(other).verify()]);
});

describe('who may not', () => {
  it('is refused, changes nothing, and is told', async () => {
    const { triage, sink, understudy } = registryOf({}, { authorize: roles() });
    await triage.register({ version: '1' }, by('ana'));
    for (const held of ['viewer', 'auditor', 'reviewer', 'operator', 'nobody'])
      await expect(triage.approve('1', by('eve', held))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(triage.register({ version: '2' }, by('eve', 'approver'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await allOf(triage.changes())).toHaveLength(1);
    await understudy.flush();
    const refused = sink.ofType('registry-changed').filter(({ result }) => result === 'forbidden');
    expect(refused).toHaveLength(6);
    expect(refused[0]).toMatchObject({ change: 'approved', version: '1', by: 'eve', entry: 0 });
  });

  it('an answer that is merely truthy allows nothing, and one that throws is thrown on', async () => {
    const { triage } = registryOf({}, { authorize: (() => 'yes') as never });
    await expect(triage.register({ version: '1' }, by('ana'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const down = registryOf({}, { authorize: () => Promise.reject(new Error('the directory is down')) });
    await expect(down.triage.register({ version: '1' }, by('ana'))).rejects.toThrow('the directory is down');
  });
});

describe('bad input', () => {
  it.each([
    [{ version: '' }, 'version'],
    [{ version: '1', digest: 'abc' }, 'digest'],
    [{ version: '1', metrics: { auc: Number.NaN } }, 'metrics.auc'],
    [{ version: '1', lineage: { dat: 'x' } }, 'lineage.dat: is not an option, did you mean data?'],
    [{ version: '1', lineage: { parameters: { a: {} } } }, 'lineage.parameters.a'],
    [{ version: '1', metric: {} }, 'did you mean metrics?'],
    [null, 'register()'],
  ])('%j is told at %s', async (draft, message) => {
    const { triage } = registryOf();
    await expect(triage.register(draft as never, by('ana'))).rejects.toThrow(message);
    expect(await allOf(triage.changes())).toEqual([]);
  });

  it.each([
    [undefined],
    [{}],
    [{ by: { id: '', roles: [] }, reason: 'x' }],
    [{ by: { id: 'x', roles: 'owner' }, reason: 'x' }],
    [{ by: { id: 'x', roles: [] }, reason: '' }],
  ])('the note %j is refused', async (note) => {
    await expect(registryOf().triage.register({ version: '1' }, note as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('options, and what is no runtime', () => {
    expect(() => createRegistry({} as never)).toThrow('what createUnderstudy() returns');
    expect(() => registryOf({ approval: 2 } as never)).toThrow('did you mean approvals?');
    expect(() => registryOf().registry.model('')).toThrow('the name of a model');
  });
});

describe('the change log', () => {
  it('property: whatever is commanded, it verifies, and two registries of one store agree', async () => {
    const command = fc.record({
      what: fc.constantFrom('register', 'approve', 'move', 'back', 'retire', 'record', 'none'),
      version: fc.constantFrom('1', '2', '3'),
      alias: fc.constantFrom('champion', 'challenger'),
      who: fc.constantFrom('ana', 'bob'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
        const { understudy, triage } = registryOf();
        const other = createRegistry(understudy).model('triage');
        for (const [index, { what, version, alias, who }] of commands.entries()) {
          const model = index % 2 === 0 ? triage : other;
          const note = by(who);
          const given = {
            register: () => model.register({ version, metrics: { auc: index } }, note),
            approve: () => model.approve(version, note),
            move: () => model.moveAlias(alias, version, note),
            back: () => model.rollBack(alias, note),
            retire: () => model.retire(version, note),
            record: () => model.record(version, { auc: index }, note),
            none: () => model.moveAlias(alias, null, note),
          }[what]();
          await given.catch((error: unknown) => expect(UnderstudyError.is(error) && error.code).toBe('CONTROL_CONFLICT'));
          for (const known of await model.versions())
            if (known.status === 'serving') expect([known.aliases.length > 0, known.approvals.length > 0]).toEqual([true, true]);
        }
        const log = await allOf(triage.changes());
        expect(log.map(({ entry }) => entry)).toEqual(log.map((_, index) => index + 1));
        expect(await other.versions()).toEqual(await triage.versions());
        expect(await other.verify()).toEqual(await triage.verify());
      }),
      { seed: 14, numRuns: 60 },
    );
  });

  it('takes changes of many writers at once, each once', async () => {
    const { understudy, triage } = registryOf();
    const writers = Array.from({ length: 8 }, () => createRegistry(understudy).model('triage'));
    await Promise.all(writers.map((writer, index) => writer.register({ version: `v${index}` }, by('ana'))));
    expect((await triage.versions()).map(({ version }) => version).toSorted()).toEqual(writers.map((_, index) => `v${index}`));
    await triage.verify();
  });

  it('an answer of the store that is lost is looked up: nothing is there twice, and nothing is lost', async () => {
    const inner = memoryStore();
    let lost = 0;
    const store: StateStore = {
      ...inner,
      compareAndSet: async (key, version, value) => {
        const answer = await inner.compareAndSet(key, version, value);
        if (++lost % 2 === 1) throw new Error('the connection was cut');
        return answer;
      },
    };
    const { triage } = registryOf({ approvals: 0 }, { store });
    for (const version of ['1', '2', '3']) await triage.register({ version }, by('ana'));
    expect((await triage.versions()).map(({ version }) => version)).toEqual(['1', '2', '3']);
    expect(await triage.verify()).toMatchObject({ entries: 3 });
  });

  it('goes on after a writer that died between its entry and the state', async () => {
    const inner = memoryStore();
    const dying: StateStore = {
      ...inner,
      compareAndSet: (key, ...rest) => (/\/\d+$/.test(key) ? inner.compareAndSet(key, ...rest) : new Promise(() => undefined)),
    };
    const { triage } = registryOf({}, { store: dying });
    void triage.register({ version: '1' }, by('ana'));
    await new Promise((done) => setImmediate(done));
    const next = registryOf({}, { store: inner }).triage;
    await next.register({ version: '2' }, by('bob'));
    expect((await next.versions()).map(({ version }) => version)).toEqual(['1', '2']);
    await next.verify();
  });

  it.each<[string, (entry: RegistryEntry) => unknown]>([
    ['another reason', (entry) => ({ ...entry, reason: 'nothing to see' })],
    ['another person', (entry) => ({ ...entry, by: 'eve' })],
    ['another time', (entry) => ({ ...entry, at: 1 })],
    ['something that is no entry', () => ({ v: 1 })],
  ])('with %s in any place does not verify', async (_, change) => {
    for (const place of [1, 2, 3]) {
      const { triage, store } = registryOf({ approvals: 0 });
      for (const version of ['1', '2', '3']) await triage.register({ version }, by('ana'));
      expect(await triage.verify()).toMatchObject({ entries: 3 });
      const key = `registry/triage/${place}`;
      const { version, value } = await store.read(key);
      await store.compareAndSet(key, version, change(value as RegistryEntry));
      await expect(triage.verify()).rejects.toMatchObject({ code: 'CONTROL_CONFLICT' });
    }
  });

  it('a state that says something else than the entries does not verify; one that is gone is made again', async () => {
    const { triage, store } = registryOf({ approvals: 0 });
    await triage.register({ version: '1' }, by('ana'));
    const { version, value } = await store.read('registry/triage');
    await store.compareAndSet('registry/triage', version, { ...(value as object), aliases: { champion: '1' } });
    await expect(triage.verify()).rejects.toThrow('does not verify');
    await store.compareAndSet('registry/triage', version + 1, 'gone');
    expect(await triage.verify()).toMatchObject({ entries: 1 });
    expect(await triage.resolve({ alias: 'champion' })).toBeUndefined();
  });

  it('of a newer format is left as it is', async () => {
    const { triage, store } = registryOf();
    await store.compareAndSet('registry/triage/1', 0, { v: 2, entry: 1 });
    await expect(triage.register({ version: '1' }, by('ana'))).rejects.toThrow('of a newer format');
    expect(await store.read('registry/triage/1')).toMatchObject({ version: 1 });
  });
});
