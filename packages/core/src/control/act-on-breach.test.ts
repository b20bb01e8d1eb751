import { describe, expect, test } from 'vitest';
import { type BreachChange, type BreachEffect, closeBreach, openBreach } from './act-on-breach.ts';
import { applyCommand } from './apply-command.ts';
import { type ControlDocument, emptyDocument } from './control-document.ts';
import { parseDocument } from './read-document.ts';

const HOUR = 3_600_000;
const START = emptyDocument('a');
const noRollout = (): never => {
  throw new Error('no rollout');
};

const opened = (
  document: ControlDocument,
  effects: readonly BreachEffect[],
  at: number,
  monitor = 'accuracy',
): BreachChange | undefined =>
  openBreach(
    document,
    { model: 'm', monitor, effects, cooldownMs: HOUR, reason: 'low', since: at, parts: ['whole'] },
    at,
    noRollout,
  );
const closed = (document: ControlDocument, at: number, monitor = 'accuracy'): BreachChange | undefined =>
  closeBreach(document, { model: 'm', monitor, resumes: true }, at);
const documentOf = (change: BreachChange | undefined): ControlDocument => {
  if (change === undefined) throw new Error('nothing changed');
  return change.document;
};
const commanded = (document: ControlDocument, kind: 'pause' | 'resume', at: number): ControlDocument =>
  applyCommand(document, { kind, model: 'm' }, { by: { id: 'ana', roles: [] }, reason: 'because' }, at, noRollout);

describe('a breach', () => {
  test('pauses once, whoever sees it first', () => {
    const first = opened(START, ['pause'], 1);
    expect(first).toMatchObject({ phase: 'raised', commands: [{ kind: 'pause', model: 'm' }] });
    const document = documentOf(first);
    expect(document).toMatchObject({
      paused: true,
      pausedBy: ['monitor:accuracy'],
      changed: { by: 'monitor:accuracy', reason: 'low' },
    });
    expect(opened(document, ['pause'], 2)).toBeUndefined();
    expect(parseDocument(JSON.parse(JSON.stringify(document)))).toEqual(document);
  });
  test('G8 is reminded of after an hour', () => {
    const document = documentOf(opened(START, [], 1));
    expect(opened(document, [], HOUR)).toBeUndefined();
    expect(opened(document, [], HOUR + 1)).toMatchObject({ phase: 'reminder', since: 1, commands: [] });
  });
  test('isolates the champion, and leaves it when it is off', () => {
    const document = documentOf(opened(START, ['isolate'], 1));
    expect(document.isolated).toEqual(['a']);
    expect(opened({ ...START, isolated: ['a'] }, ['isolate'], 1)).toMatchObject({ commands: [] });
  });
  test('rolls nothing back where no rollout runs', () => {
    expect(opened(START, ['roll-back'], 1)).toMatchObject({ phase: 'raised', commands: [] });
  });
  test('does not overrule an operator before the cooldown has passed', () => {
    const paused = documentOf(opened(START, ['pause'], 1));
    const resumed = commanded(paused, 'resume', 10);
    expect(resumed).toMatchObject({ paused: false, pausedBy: [] });
    expect(opened(resumed, ['pause'], 11)).toBeUndefined();
    expect(opened(resumed, ['pause'], 10 + HOUR)).toMatchObject({ phase: 'reminder', document: { paused: true } });
  });
});

describe('F9 a clock that is a day ahead', () => {
  const DAY = 24 * HOUR;
  test('F9 that wrote the breach silences it for the cooldown of the reader, not for a day', () => {
    const ahead = documentOf(opened(START, ['pause'], DAY));
    const bounded = documentOf(opened(ahead, ['pause'], 1000));
    expect(opened(bounded, ['pause'], HOUR)).toBeUndefined();
    expect(opened(bounded, ['pause'], 1000 + HOUR)).toMatchObject({ phase: 'reminder', since: 1000 });
  });
  test('F9 on which an operator resumed overrules for the cooldown of the reader', () => {
    const paused = documentOf(opened(START, ['pause'], 1));
    const resumed = commanded(paused, 'resume', DAY);
    const bounded = documentOf(opened(resumed, ['pause'], 1000));
    expect(bounded.paused).toBe(false);
    expect(opened(bounded, ['pause'], 1000 + HOUR)?.document.paused).toBe(true);
  });
});

describe.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('F12 a monitor named %s', (name) => {
  test('F12 acts, is told, recovers, and is read again from JSON', () => {
    const read = (document: ControlDocument): ControlDocument =>
      parseDocument(JSON.parse(JSON.stringify(document))) ?? emptyDocument('none');
    expect(closed(START, 1, name)).toBeUndefined();
    const first = opened(START, ['fall-back'], 1, name);
    expect(first).toMatchObject({ phase: 'raised', commands: [{ kind: 'pause' }] });
    const document = read(documentOf(first));
    expect(opened(document, ['fall-back'], 2, name)).toBeUndefined();
    expect(closed(document, 3, name)).toMatchObject({ phase: 'resolved', document: { paused: false } });
    expect(commanded(document, 'resume', 3).paused).toBe(false);
  });
});

describe('a recovery', () => {
  const paused = documentOf(opened(START, ['fall-back'], 1));

  test('ends what fall-back paused, and nothing else', () => {
    expect(closed(paused, 5)).toMatchObject({ document: { paused: false, pausedBy: [] }, commands: [{ kind: 'resume' }] });
    expect(closeBreach(paused, { model: 'm', monitor: 'accuracy', resumes: false }, 5)).toMatchObject({
      document: { paused: true },
      commands: [],
    });
    const both = commanded(paused, 'pause', 2);
    expect(closed(both, 5)?.document).toMatchObject({ paused: true, pausedBy: ['ana'] });
  });
  test('comes once', () => {
    expect(closed(documentOf(closed(paused, 5)), 6)).toBeUndefined();
    expect(closed(START, 6)).toBeUndefined();
  });
  test('lets the next breach pause at once, and tell when the cooldown has passed', () => {
    const recovered = documentOf(closed(paused, 5));
    expect(opened(recovered, ['fall-back'], 6)).toMatchObject({ phase: undefined, commands: [{ kind: 'pause' }] });
  });
});
