import { expect, test } from 'vitest';
import type { Command } from '../types/index.ts';
import { checkCommand, replacedDocument } from './check-command.ts';

const NOTE = { by: { id: 'ana', roles: ['owner'] }, reason: 'a test' };
const command = (kind: Command['kind'], variant?: unknown): Command =>
  ({ kind, model: 'm', ...(variant === undefined ? {} : { variant }) }) as Command;
const check = (given: Command, note: unknown = NOTE, replacement?: object): unknown => {
  try {
    return checkCommand(given, ['v1', 'v2'], note as typeof NOTE, replacement);
  } catch (error) {
    const { code, details } = error as { code: string; details: { problems?: readonly { path: string }[] } };
    return [code, ...(details.problems ?? []).map(({ path }) => path)];
  }
};

test.each([
  ['pause', undefined],
  ['pin', 'v2'],
  ['isolate', 'v1'],
  ['readmit', 'v1'],
  ['rollout-hold', undefined],
] as const)('%s of %s is sound', (kind, variant) => {
  expect(check(command(kind, variant))).toBeUndefined();
});

test.each([
  [command('pin'), NOTE, ['INPUT_INVALID', 'variant']],
  [command('isolate', 5), NOTE, ['INPUT_INVALID', 'variant']],
  [command('readmit', 'v9'), NOTE, ['UNKNOWN_VARIANT']],
  [
    command('pin', 7),
    { by: { id: '', roles: 'x' }, reason: '' },
    ['INPUT_INVALID', 'variant', 'note.by.id', 'note.by.roles', 'note.reason'],
  ],
  [command('pause'), null, ['INPUT_INVALID', 'note']],
  [command('pause'), { ...NOTE, why: 1 }, ['INPUT_INVALID', 'note.why']],
])('%j by %j is refused with every path', (given, note, told) => {
  expect(check(given, note)).toEqual(told);
});

test('a replacement says what is in force, with who and why; what it leaves out is off', () => {
  const changed = { by: { id: 'ana', roles: [] }, reason: 'mended' };
  expect(replacedDocument('v1', { paused: true, isolated: ['v2'] }, changed, 7)).toMatchObject({
    champion: 'v1',
    paused: true,
    pausedBy: ['ana'],
    pinned: null,
    isolated: ['v2'],
    rollout: null,
    reasons: { pause: 'mended', 'isolate/v2': 'mended' },
    changed: { command: 'replace', by: 'ana', reason: 'mended', at: 7 },
  });
  expect(replacedDocument('v1', {}, changed, 7)).toMatchObject({ paused: false, pausedBy: [], isolated: [], reasons: {} });
});
