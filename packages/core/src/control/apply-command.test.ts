import { describe, expect, it } from 'vitest';
import type { Command } from '../types/index.ts';
import { applyCommand, type CommandRollout } from './apply-command.ts';
import { type ControlDocument, emptyDocument } from './control-document.ts';
import type { RolloutState } from './rollout-state.ts';

const NOTE = { by: { id: 'ana', roles: [] }, reason: 'a test says so' };
const DOCUMENT = emptyDocument('v1');
const noRollout: CommandRollout = () => {
  throw new Error('there is no rollout');
};

const applied = (document: ControlDocument, command: Omit<Command, 'model'>, by = 'ana'): ControlDocument =>
  applyCommand(document, { ...command, model: 'm' }, { ...NOTE, by: { id: by, roles: [] } }, 1000, noRollout);

it('notes who did what, when and why', () => {
  expect(applied(DOCUMENT, { kind: 'unpin' }).changed).toEqual({ command: 'unpin', by: 'ana', reason: NOTE.reason, at: 1000 });
});

it('pins to one, and unpins', () => {
  const pinned = applied(applied(DOCUMENT, { kind: 'pin', variant: 'v2' }), { kind: 'pin', variant: 'v3' });
  expect([pinned.pinned, applied(pinned, { kind: 'unpin' }).pinned]).toEqual(['v3', null]);
});

it('isolates several, each once, and readmits one', () => {
  const both = (['v2', 'v3', 'v2'] as const).reduce((at, variant) => applied(at, { kind: 'isolate', variant }), DOCUMENT);
  expect(both.isolated).toEqual(['v2', 'v3']);
  expect(applied(both, { kind: 'readmit', variant: 'v2' }).isolated).toEqual(['v3']);
  expect(applied(both, { kind: 'readmit', variant: 'v4' }).isolated).toEqual(['v2', 'v3']);
});

describe('a pause', () => {
  const breached: ControlDocument = {
    ...DOCUMENT,
    breaches: {
      drift: { open: true, told: true, since: 900, toldAt: 900, reminders: 0, parts: [], overruledAt: 0 },
      old: { open: false, told: false, since: 1, toldAt: 1, reminders: 0, parts: [], overruledAt: 0 },
    },
  };
  const paused = ['ana', 'monitor:drift', 'ana'].reduce((at, by) => applied(at, { kind: 'pause' }, by), breached);

  it('remembers everybody who asked for it, once', () => {
    expect([paused.paused, paused.pausedBy]).toEqual([true, ['ana', 'monitor:drift']]);
  });

  it('ends for all by a resume, which overrules what monitors found', () => {
    const { paused: still, pausedBy, breaches } = applied(paused, { kind: 'resume' }, 'bo');
    expect([still, pausedBy, breaches['drift']?.overruledAt, breaches['old']?.overruledAt]).toEqual([false, [], 1000, 0]);
  });
});

it('leaves commands of a rollout to the rollout, and what that throws to the caller', () => {
  const next = { id: 'r2' } as RolloutState;
  const asked: unknown[] = [];
  const command: Command = { kind: 'rollout-promote', model: 'm' };
  const document = applyCommand(DOCUMENT, command, NOTE, 1000, (...args) => {
    asked.push(args);
    return next;
  });
  expect(document).toEqual({
    ...DOCUMENT,
    rollout: next,
    changed: { command: command.kind, by: 'ana', reason: NOTE.reason, at: 1000 },
  });
  expect(asked).toEqual([[null, command, NOTE, 1000]]);
  expect(() => applied(DOCUMENT, command)).toThrow('there is no rollout');
});

it('changes no document that it was given', () => {
  const frozen = Object.freeze({ ...DOCUMENT, isolated: Object.freeze(['v2']), pausedBy: Object.freeze(['bo']) });
  for (const kind of ['pin', 'unpin', 'isolate', 'readmit', 'pause', 'resume'] as const)
    expect(() => applied(frozen, { kind, variant: 'v2' })).not.toThrow();
});
