import { describe, expect, test } from 'vitest';
import { type ControlDocument, emptyDocument } from '../control/control-document.ts';
import { parseDocument } from '../control/read-document.ts';
import { rolledBack } from './lifecycle.ts';
import { reconcile } from './reconcile.ts';
import { type RolloutPlan, rolloutPlan } from './rollout-options.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = 100 * DAY;

const planOf = (pair: string): RolloutPlan => rolloutPlan({ challenger: 'b', gates: [] }, pair);

interface Release {
  readonly champion: string;
  readonly plan: RolloutPlan;
}
const OLD: Release = { champion: 'a', plan: planOf('b@1 over a@1') };
const NEW: Release = { champion: 'a', plan: planOf('b@2 over a@1') };
const PROMOTED: Release = { champion: 'b', plan: planOf('c@1 over b@1') };

/** The document after a process of `release` has looked at it. */
const seenBy = ({ champion, plan }: Release, document: ControlDocument, now: number): ControlDocument =>
  reconcile(plan, champion, document, now) ?? document;

const rolledBackIn = (document: ControlDocument, now: number): ControlDocument => {
  if (document.rollout === null) throw new Error('no rollout');
  return { ...document, rollout: rolledBack(OLD.plan, document.rollout, now, 'rollout', 'harm', '') };
};

describe('the first document', () => {
  const first = seenBy(OLD, emptyDocument('a'), NOW);

  test('begins a draft, and tells why', () => {
    expect(first).toEqual({
      ...emptyDocument('a'),
      rollout: {
        id: 'b@1 over a@1 #1',
        pair: 'b@1 over a@1',
        attempt: 1,
        phase: 'draft',
        stages: [],
        startedAt: NOW,
        enteredAt: NOW,
        held: null,
        inconclusive: false,
        approval: 'none',
        cooldownUntil: 0,
        history: [{ at: NOW, from: '', to: 'draft', by: 'release', reason: 'This release tries b@1 over a@1.', evidence: '' }],
      },
      changed: { command: 'release', by: 'release', reason: 'This release tries b@1 over a@1.', at: NOW },
    });
  });
  test('is right then: a second look changes nothing', () => {
    expect(reconcile(OLD.plan, OLD.champion, first, NOW + DAY)).toBeUndefined();
  });
  test('keeps what operators have set', () => {
    const set = { ...emptyDocument('a'), pinned: 'a', isolated: ['b'], paused: true };
    expect(seenBy(OLD, set, NOW)).toMatchObject({ pinned: 'a', isolated: ['b'], paused: true });
  });
});

describe('a rolling deploy', () => {
  test.each([
    ['another version of the challenger', NEW],
    ['another champion', PROMOTED],
  ])('%s: the new release stays, however often the old one looks', (_, release) => {
    let document = seenBy(OLD, emptyDocument('a'), NOW);
    document = seenBy(release, document, NOW + 1);
    const first = document;
    expect(document.rollout).toMatchObject({ pair: release.plan.pair, attempt: 2, phase: 'draft', startedAt: NOW + 1 });
    for (let minute = 0; minute < 60; minute++) {
      document = seenBy(minute % 2 === 0 ? OLD : release, document, NOW + 1 + minute * 60_000);
      expect(document).toBe(first);
    }
    expect(parseDocument(JSON.parse(JSON.stringify(document)))).toEqual(document);
  });

  test('after the release hour the old release may come back: a deploy that was taken back', () => {
    let document = seenBy(NEW, seenBy(OLD, emptyDocument('a'), NOW), NOW);
    expect(reconcile(OLD.plan, 'a', document, NOW + HOUR - 1)).toBeUndefined();
    document = seenBy(OLD, document, NOW + HOUR);
    expect(document.rollout).toMatchObject({ pair: OLD.plan.pair, attempt: 3, id: 'b@1 over a@1 #3' });
    expect(document.superseded).toEqual([{ name: NEW.plan.pair, until: NOW + 2 * HOUR }]);
    expect(document.rollout?.history.map(({ reason }) => reason)).toEqual([
      'This release tries b@1 over a@1.',
      'This release tries b@2 over a@1.',
      'This release tries b@1 over a@1.',
    ]);
  });
});

describe('a champion that changed in code', () => {
  const before = seenBy(OLD, emptyDocument('a'), NOW);
  const after = seenBy(PROMOTED, before, NOW + 1);

  test('begins another attempt and remembers both that were replaced', () => {
    expect(after.champion).toBe('b');
    expect(after.superseded).toEqual([
      { name: 'champion a', until: NOW + 1 + HOUR },
      { name: OLD.plan.pair, until: NOW + 1 + HOUR },
    ]);
    expect(after.changed?.reason).toBe('This release declares the champion b in place of a, and tries c@1 over b@1.');
  });
  test('keeps the replaced champion out for the hour, also with a pair that is new', () => {
    const other = planOf('d@1 over a@1');
    expect(reconcile(other, 'a', after, NOW + HOUR)).toBeUndefined();
    expect(reconcile(other, 'a', after, NOW + 1 + HOUR)?.champion).toBe('a');
  });
  test('is told from the name of a pair', () => {
    expect(
      reconcile(planOf('x'), 'b', { ...after, superseded: [{ name: 'champion x', until: NOW + DAY }] }, NOW + 2),
    ).toBeDefined();
  });
});

describe('a version that was rolled back', () => {
  const back = rolledBackIn(seenBy(OLD, emptyDocument('a'), NOW), NOW + 10);

  test('stays rolled back while its release runs on, also after the cooldown: only a command brings it back', () => {
    expect(reconcile(OLD.plan, 'a', back, NOW + 20)).toBeUndefined();
    expect(reconcile(OLD.plan, 'a', back, NOW + 10 * DAY)).toBeUndefined();
  });
  test('waits out its cooldown when it is deployed again, and not one millisecond more', () => {
    const fixed = seenBy(NEW, back, NOW + 20);
    expect(fixed.rollout).toMatchObject({ pair: NEW.plan.pair, phase: 'draft' });
    expect(reconcile(OLD.plan, 'a', fixed, NOW + 10 + DAY - 1)).toBeUndefined();
    expect(reconcile(OLD.plan, 'a', fixed, NOW + 10 + DAY)?.rollout).toMatchObject({
      pair: OLD.plan.pair,
      attempt: 3,
      cooldownUntil: 0,
    });
  });
  test('waits over several releases in between', () => {
    let document = seenBy(NEW, back, NOW + 20);
    for (let version = 3; version < 12; version++)
      document = seenBy({ champion: 'a', plan: planOf(`b@${version} over a@1`) }, document, NOW + 20 + version);
    expect(reconcile(OLD.plan, 'a', document, NOW + DAY)).toBeUndefined();
  });
});

test('a challenger that was rolled back waits out its cooldown, also when it is tried against another champion', () => {
  const back = rolledBackIn(seenBy(OLD, emptyDocument('a'), NOW), NOW + 10);
  for (const [champion, pair] of [
    ['a', 'b@1 over a@2'],
    ['c', 'b@1 over c@1'],
  ] as const) {
    expect(reconcile(planOf(pair), champion, back, NOW + 10 + DAY - 1)).toBeUndefined();
    expect(reconcile(planOf(pair), champion, back, NOW + 10 + DAY)?.rollout).toMatchObject({ pair, phase: 'draft' });
  }
});

test('the lists of replaced names and of transitions are bounded', () => {
  let document: ControlDocument = emptyDocument('a');
  for (let version = 0; version < 70; version++)
    document = seenBy({ champion: 'a', plan: planOf(`b@${version} over a@1`) }, document, NOW);
  expect(document.superseded).toHaveLength(50);
  expect(document.rollout?.history).toHaveLength(50);
  expect(document.rollout?.attempt).toBe(70);
});
