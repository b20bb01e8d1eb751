import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { UnderstudyError } from '../errors/index.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import type { CommandKind } from '../types/index.ts';
import { DEFAULT_ROLES, type Permission, type Role, roles } from './roles.ts';

const NAMES = Object.keys(DEFAULT_ROLES) as Role[];
const PERMISSIONS = [...new Set(Object.values(DEFAULT_ROLES).flat())];

it('who changes nothing has no command, and nobody but an owner has all', () => {
  for (const role of ['auditor', 'viewer'] as const)
    expect(DEFAULT_ROLES[role].filter((one) => !one.startsWith('read'))).toEqual([]);
  for (const role of NAMES) expect(new Set(DEFAULT_ROLES[role]).size).toBe(DEFAULT_ROLES[role].length);
  expect(NAMES.filter((role) => PERMISSIONS.every((one) => DEFAULT_ROLES[role].includes(one)))).toEqual(['owner']);
});

it('property: somebody may do what one of their roles may, and nothing else', () => {
  const policy = roles();
  const held = fc.array(
    fc.oneof(fc.constantFrom(...NAMES), fc.constantFrom(...NAMES.map((name) => `${name}:claims`)), fc.string()),
  );
  fc.assert(
    fc.property(held, fc.constantFrom(...PERMISSIONS), fc.constantFrom('claims', 'pricing'), (given, permission, model) => {
      const expected = given.some((name) =>
        NAMES.some((role) => (name === role || name === `${role}:${model}`) && DEFAULT_ROLES[role].includes(permission)),
      );
      expect(policy.may(given, permission, model)).toBe(expected);
      if (permission === 'read' || permission === 'read-content') return;
      expect(policy({ id: 'x', roles: given }, { kind: permission, model })).toBe(expected);
    }),
    { seed: 14, numRuns: 500 },
  );
});

it('a role of your own, and a row of the table in other words', () => {
  const policy = roles({ roles: { deputy: ['pause', 'read'], viewer: [] } });
  expect([
    policy.may(['deputy'], 'pause', 'm'),
    policy.may(['deputy'], 'resume', 'm'),
    policy.may(['viewer'], 'read', 'm'),
  ]).toEqual([true, false, false]);
  expect(policy.may(['deputy:m'], 'pause', 'm')).toBe(true);
});

it.each([
  [{ roles: { deputy: ['paus'] } }, 'did you mean pause?'],
  [{ roles: { 'deputy:claims': ['pause'] } }, 'a name without a colon'],
  [{ roles: ['pause'] }, 'expected an object'],
  [{ role: {} }, 'did you mean roles?'],
])('%j is refused', (options, message) => {
  expect(() => roles(options as never)).toThrow(message);
});

it.each(['__proto__', 'constructor', 'toString', ''])('the role %j is none', (name) => {
  expect(roles().may([name], 'pause', 'm')).toBe(false);
});

it('every command of a model asks it: what the table forbids is refused, and changes nothing', async () => {
  const understudy = createUnderstudy({ authorize: roles() });
  const model = understudy.defineModel(
    { name: 'claims', input: z.number(), output: z.number() },
    {
      variants: { v1: { predictor: (n: number) => n, version: '1' }, v2: { predictor: (n: number) => n, version: '2' } },
      champion: 'v1',
    },
  );
  type Note = Parameters<typeof model.control.pause>[0];
  const { rollout } = model.control;
  const commands: readonly [CommandKind, (note: Note) => Promise<void>][] = [
    ['pin', (note) => model.control.pin('v2', note)],
    ['unpin', (note) => model.control.unpin(note)],
    ['isolate', (note) => model.control.isolate('v2', note)],
    ['readmit', (note) => model.control.readmit('v2', note)],
    ['pause', (note) => model.control.pause(note)],
    ['resume', (note) => model.control.resume(note)],
    ['replace', (note) => model.control.replace({}, note)],
    ['rollout-approve', (note) => rollout.approve(note)],
    ['rollout-hold', (note) => rollout.hold(note)],
    ['rollout-resume', (note) => rollout.resume(note)],
    ['rollout-roll-back', (note) => rollout.rollBack(note)],
    ['rollout-promote', (note) => rollout.promote(note)],
  ];
  for (const role of [...NAMES, 'nobody'])
    for (const [kind, give] of commands) {
      const before = model.status().control.version;
      const error: unknown = await give({ by: { id: 'x', roles: [role] }, reason: 'a test' }).catch((thrown: unknown) => thrown);
      const isForbidden = UnderstudyError.is(error) && error.code === 'FORBIDDEN';
      const allowed: readonly Permission[] = role === 'nobody' ? [] : DEFAULT_ROLES[role as Role];
      expect([role, kind, isForbidden]).toEqual([role, kind, !allowed.includes(kind)]);
      if (isForbidden) expect(model.status().control.version).toBe(before);
    }
  await understudy.close();
});
