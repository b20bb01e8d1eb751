import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUnderstudy } from '@understudy/core';
import { createRegistry, type RegistryStore } from '@understudy/core/registry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqliteStore } from '../stores/sqlite.ts';
import { fileRegistry } from './file-registry.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'registry-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const BY = { by: { id: 'ana', roles: ['owner'] }, reason: 'a test' };
const modelOn = (store: RegistryStore, name = 'triage') =>
  createRegistry(createUnderstudy(), { store, approvals: 0 }).model(name);

describe('compare and set', () => {
  it('property of many at once: each version is made once, by one', async () => {
    const stores = Array.from({ length: 6 }, () => fileRegistry({ directory: folder }));
    let made = 0;
    await Promise.all(
      stores.map(async (store, writer) => {
        for (let round = 0; round < 15; round++) {
          const { version } = await store.read('registry/m');
          if ((await store.compareAndSet('registry/m', version, { writer, round })) !== undefined) made++;
        }
      }),
    );
    expect(made).toBeGreaterThanOrEqual(15);
    expect((await fileRegistry({ directory: folder }).read('registry/m')).version).toBe(made);
    expect(readdirSync(join(folder, 'registry'))).toEqual([`m@${made}.json`]);
  });

  it('a writer that is behind changes nothing', async () => {
    const store = fileRegistry({ directory: folder });
    expect(await store.compareAndSet('a', 0, 1)).toBe(1);
    expect(await store.compareAndSet('a', 1, 2)).toBe(2);
    expect(await store.compareAndSet('a', 0, 3)).toBeUndefined();
    expect(await store.compareAndSet('a', 1, 3)).toBeUndefined();
    expect(await store.compareAndSet('a', 5, 3)).toBeUndefined();
    expect(await store.read('a')).toEqual({ version: 2, value: 2 });
    expect(await store.read('b')).toEqual({ version: 0, value: undefined });
  });

  it.each(['..', '.', '../../etc/passwd', 'a@7', 'a.json', 'ä ö', 'CON', '\ud800', 'a%2Fb'])(
    'the name %j stays in the directory',
    async (name) => {
      const store = fileRegistry({ directory: folder });
      expect(await store.compareAndSet(`registry/${name}`, 0, { name })).toBe(1);
      expect(await store.read(`registry/${name}`)).toEqual({
        version: 1,
        value: { name: name.toWellFormed() === name ? name : expect.anything() },
      });
      expect(readdirSync(folder)).toEqual(['registry']);
    },
  );
});

it('a registry in files outlives its process, and verifies', async () => {
  const first = modelOn(fileRegistry({ directory: folder }));
  for (const version of ['1', '2']) await first.register({ version, metrics: { auc: 0.9 } }, BY);
  await first.moveAlias('champion', '2', BY);
  const second = modelOn(fileRegistry({ directory: new URL(`file://${folder}/`) }));
  expect(await second.resolve({ alias: 'champion' })).toMatchObject({ version: '2', metrics: { auc: 0.9 } });
  expect(await second.verify()).toMatchObject({ entries: 3 });
  expect(readdirSync(join(folder, 'registry', 'triage')).toSorted()).toEqual(['1@1.json', '2@1.json', '3@1.json']);
  expect(statSync(join(folder, 'registry', 'triage', '1@1.json')).mode & 0o777).toBe(0o600);
});

it('a file that somebody has damaged is named', async () => {
  const model = modelOn(fileRegistry({ directory: folder }));
  await model.register({ version: '1' }, BY);
  writeFileSync(join(folder, 'registry', 'triage', '1@1.json'), 'not json');
  await expect(model.verify()).rejects.toThrow('Entry 1 of the registry of model "triage"');
});

it('a directory that cannot be used is STORE_UNAVAILABLE', async () => {
  writeFileSync(join(folder, 'file'), '');
  const model = modelOn(fileRegistry({ directory: join(folder, 'file') }));
  await expect(model.register({ version: '1' }, BY)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(() => fileRegistry({ directory: '' })).toThrow('directory');
});

it('a registry in SQLite is seen by the next process', async () => {
  const file = join(folder, 'state.db');
  const first = sqliteStore({ file });
  await modelOn(first).register({ version: '1' }, BY);
  await first.close();
  const second = sqliteStore({ file });
  expect(await modelOn(second).verify()).toMatchObject({ entries: 1 });
  await second.close();
});
