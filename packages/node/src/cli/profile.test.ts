import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseProfile } from '@understudy/core/monitors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { contractFields } from './contract-fields.ts';

const SLOW = 300_000;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-profile-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function profile(...args: readonly string[]): Promise<Ended> {
  const flags = ['--conditions=@understudy/source', '--no-warnings', resolve('packages/node/src/cli.ts'), 'profile'];
  return new Promise((settle) => {
    execFile(resolve('node_modules/.bin/node'), [...flags, ...args], { cwd: folder }, (error, stdout, stderr) => {
      settle({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

function file(name: string, content: string | object): string {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return name;
}

const CONTRACT = {
  name: 'credit',
  input: { age: 'number', 'owner.city': 'string' },
  output: { p: 'number' },
};
const lines = (count: number, of: (at: number) => object): string =>
  Array.from({ length: count }, (_, at) => `${JSON.stringify(of(at))}\n`).join('');

test('pairs and flat rows give one profile, which reads; equal rows give equal bytes', { timeout: SLOW }, async () => {
  const contract = file('contract.json', CONTRACT);
  const pairs = file(
    'pairs.ndjson',
    lines(3000, (at) => ({ input: { age: at, owner: { city: `c${at % 3}` } }, output: { p: at / 3000 } })),
  );
  const flat = file('flat.ndjson', `\n${lines(3000, (at) => ({ age: at, owner: { city: `c${at % 3}` }, p: at / 3000 }))}`);
  const [one, two] = await Promise.all([
    profile(pairs, '--contract', contract, '-o', 'profile.json', '--created-at', '2026-01-31'),
    profile(flat, '--contract', contract, '--created-at', '2026-01-31T00:00:00Z'),
  ]);
  expect(one).toEqual({ code: 0, stdout: '', stderr: '' });
  const made = readFileSync(join(folder, 'profile.json'), 'utf8');
  expect({ code: two.code, same: two.stdout === made, stderr: two.stderr }).toEqual({ code: 0, same: true, stderr: '' });
  expect(parseProfile(made)).toMatchObject({
    contract: 'credit',
    createdAt: '2026-01-31T00:00:00.000Z',
    count: 3000,
    input: { age: { min: 0, max: 2999 }, 'owner.city': { distinct: 3 } },
    output: { p: { count: 3000 } },
  });
});

test('what cannot be used is told, the rest is profiled, the code is 1', { timeout: SLOW }, async () => {
  const contract = file('odd.json', { name: 'odd', input: { age: 'number', wage: 'number' }, output: { p: 'number' } });
  const rows = file('odd.ndjson', `{"age":1}\n[]\n{"age":"2"}\n{"age":\n`);
  const { code, stdout, stderr } = await profile(rows, '--contract', contract);
  expect(code).toBe(1);
  expect(parseProfile(stdout)).toMatchObject({ count: 2, input: { age: { count: 1 } }, mistyped: { age: 1 } });
  expect(stderr).toMatch(/^odd\.ndjson: not all could be used:\n {2}line 2: expected an object\n {2}line 4: .*JSON/u);
  expect(stderr).toContain(
    '  age: 1 values are not of its type\n  wage: no row has a value of it\n  output.p: no row has a value of it\n',
  );
});

test('a wrong command line, contract or file ends with its reason', { timeout: SLOW }, async () => {
  const contract = file('bad.json', { name: '', input: { age: 'int' }, output: 5 });
  const good = file('good.json', CONTRACT);
  const empty = file('empty.ndjson', '\n');
  const [none, bins, bad, absent, nothing] = await Promise.all([
    profile('rows.ndjson'),
    profile('rows.ndjson', '--contract', good, '--bins', '1'),
    profile('rows.ndjson', '--contract', contract),
    profile('absent.ndjson', '--contract', good),
    profile(empty, '--contract', good),
  ]);
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('Expected --contract FILE.') });
  expect(bins).toMatchObject({ code: 2, stderr: expect.stringContaining('from 2 to 100 after --bins, got "1"') });
  expect(bad.code).toBe(1);
  expect(bad.stderr).toMatch(
    /bad\.json: is no contract:\n {2}name: [^]*input\.age: expected 'number'[^]*got "int"\n {2}output: /u,
  );
  expect(absent).toMatchObject({ code: 1, stderr: expect.stringContaining('absent.ndjson: there is no such file') });
  expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining('rows: expected at least 1') });
});

test('a JSON Schema is read: nested objects, enums, what may be null', () => {
  const input = {
    type: 'object',
    properties: {
      age: { type: ['number', 'null'] },
      owner: { type: 'object', properties: { kind: { enum: ['a', 1, null] }, any: {}, both: { type: ['string', 'number'] } } },
      fixed: { const: true },
      tags: { type: 'array' },
    },
    required: ['age'],
  };
  expect(contractFields({ name: 'x', input }, 'x.json')).toEqual({
    contract: 'x',
    input: [
      { path: 'age', type: 'number', optional: false, nullable: true },
      { path: 'owner', type: 'object', optional: true, nullable: false },
      { path: 'owner.kind', type: 'enum', values: ['a', 1], optional: true, nullable: false },
      { path: 'owner.any', type: 'unknown', optional: true, nullable: false },
      { path: 'owner.both', type: 'unknown', optional: true, nullable: false },
      { path: 'fixed', type: 'enum', values: [true], optional: true, nullable: false },
      { path: 'tags', type: 'array', optional: true, nullable: false },
    ],
    output: [],
  });
});

test('D6 a byte order mark costs neither the contract nor the first row', { timeout: SLOW }, async () => {
  const contract = file('mark.json', `\uFEFF${JSON.stringify({ name: 'm', input: { age: 'number' } })}`);
  const rows = file('mark.ndjson', `\uFEFF{"age":1}\n{"age":2}\n`);
  const { code, stdout } = await profile(rows, '--contract', contract);
  expect(code).toBe(0);
  expect(parseProfile(stdout)).toMatchObject({ count: 2, input: { age: { count: 2, min: 1, max: 2 } } });
});

test('D6 a CSV is told as such, and what to do', { timeout: SLOW }, async () => {
  const contract = file('csv.json', { name: 'm', input: { age: 'number' } });
  const rows = file('rows.csv', 'age,city\n1,Paris\n2,Oslo\n');
  const text = file('rows.txt', 'nothing here\n');
  const [table, other] = await Promise.all([profile(rows, '--contract', contract), profile(text, '--contract', contract)]);
  expect(table).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('rows.csv: holds no rows: it looks like a table (CSV)'),
  });
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('rows.txt: holds no rows: no line holds an object') });
});

test('D6 schemas with references and alternatives are read, as zod and pydantic write them', () => {
  const written = z.toJSONSchema(
    z.object({
      age: z.number().nullable(),
      city: z.string().optional(),
      kind: z.enum(['a', 'b']).nullable(),
      at: z.union([z.string(), z.number()]),
    }),
  );
  const { input } = contractFields({ name: 'x', input: written }, 'x.json');
  expect(input.map(({ path, type, nullable, optional }) => [path, type, nullable, optional])).toEqual([
    ['age', 'number', true, false],
    ['city', 'string', false, true],
    ['kind', 'enum', true, false],
    ['at', 'unknown', expect.any(Boolean), expect.any(Boolean)],
  ]);
  const pydantic = {
    $defs: { Home: { type: 'object', properties: { rooms: { type: 'integer' } }, required: ['rooms'] } },
    type: 'object',
    properties: {
      home: { $ref: '#/$defs/Home' },
      second: { allOf: [{ $ref: '#/$defs/Home' }] },
      income: { anyOf: [{ type: 'number' }, { type: 'null' }], default: null },
    },
    required: ['home', 'second'],
  };
  const fields = contractFields({ name: 'x', input: { age: 'number' }, output: pydantic }, 'x.json');
  expect(fields.input).toEqual([{ path: 'age', type: 'number', optional: false, nullable: false }]);
  expect(fields.output.map(({ path }) => path)).toEqual(expect.arrayContaining(['home', 'home.rooms', 'second', 'income']));
  expect(fields.output.find(({ path }) => path === 'income')).toMatchObject({ type: 'number', nullable: true });
});

test('D6 a reference to nothing is told with its side', () => {
  const broken = { type: 'object', properties: { a: { $ref: '#/$defs/Nothing' } } };
  expect(() => contractFields({ name: 'x', input: broken }, 'x.json')).toThrow(
    /x\.json: is no contract:\n {2}input: expected a JSON Schema/,
  );
});
