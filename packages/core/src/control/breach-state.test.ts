import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boundedBy,
  type BreachLook,
  type BreachState,
  overruled,
  parseBreaches,
  seenInBreach,
  seenRecovered,
} from './breach-state.ts';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

const OPEN = { open: true, told: true, since: 900, toldAt: 1000, reminders: 0, parts: ['a'], overruledAt: 0 };
const CLOSED = { ...OPEN, open: false, told: false, toldAt: 500 };

it('a resume overrules what is open, and only that', () => {
  const before = { drift: OPEN, accuracy: CLOSED };
  expect(overruled(before, 2000)).toEqual({ drift: { ...OPEN, overruledAt: 2000 }, accuracy: CLOSED });
  expect(before.drift.overruledAt).toBe(0);
});

it('reads what it can, and leaves out what it cannot', () => {
  const stored = { drift: OPEN, a: null, b: 'open', c: { ...OPEN, open: 1 }, d: { ...OPEN, toldAt: null }, e: { open: true } };
  expect(parseBreaches(stored)).toEqual({ drift: OPEN });
});

it('reads what releases before reminders wrote', () => {
  expect(parseBreaches({ drift: { open: true, toldAt: 5, overruledAt: 0 } })).toEqual({
    drift: { open: true, told: true, since: 5, toldAt: 5, reminders: 0, parts: [], overruledAt: 0 },
  });
});

describe('G8 a breach is told', () => {
  const rule = { since: 0, parts: ['a'], cooldownMs: HOUR };
  /** What is told while it is seen each minute, by the minute. */
  function toldOver(minutes: number, seen: (minute: number) => readonly string[]): string[] {
    let state: BreachState | undefined;
    const told: string[] = [];
    for (let minute = 0; minute <= minutes; minute++) {
      const parts = seen(minute);
      if (parts.length === 0 && state?.open !== true) continue;
      const look: BreachLook =
        parts.length > 0 || state === undefined
          ? seenInBreach(state, { ...rule, since: minute * MINUTE, parts }, minute * MINUTE)
          : seenRecovered(state);
      ({ state } = look);
      if (look.phase !== undefined) told.push(`${look.phase} ${minute} since ${state.since / MINUTE}`);
    }
    return told;
  }
  it('G8 once, reminded of after 1, 4 and 24 hours, and resolved once, however long it lasts', () => {
    expect(toldOver(3 * 1440, (minute) => (minute >= 10 && minute < 2.5 * 1440 ? ['a'] : []))).toEqual([
      'raised 10 since 10',
      'reminder 70 since 10',
      'reminder 250 since 10',
      'reminder 1450 since 10',
      'resolved 3600 since 10',
    ]);
  });
  it('G8 one that flickers is raised once in its cooldown', () => {
    const told = toldOver(119, (minute) => (minute % 10 < 5 ? ['a'] : []));
    expect(told.filter((one) => one.startsWith('raised'))).toEqual(['raised 0 since 0', 'raised 60 since 60']);
    expect(told.filter((one) => one.startsWith('resolved'))).toHaveLength(2);
  });
  it('G8 one that came back in its cooldown and lasts is raised when that is over, whatever reminders there were', () => {
    const gap = 1442;
    expect(toldOver(3000, (minute) => (minute === gap ? [] : ['a'])).slice(3)).toEqual([
      'reminder 1440 since 0',
      `resolved ${gap} since 0`,
      'raised 1500 since 1500',
      'reminder 1560 since 1500',
      'reminder 1740 since 1500',
      'reminder 2940 since 1500',
    ]);
  });
  it('B6 another field or segment that joins is raised at once, and no field twice', () => {
    expect(toldOver(40, (minute) => (minute < 5 ? ['a'] : minute < 20 ? ['a', 'b'] : ['b', 'c']))).toEqual([
      'raised 0 since 0',
      'raised 5 since 0',
      'raised 20 since 0',
    ]);
  });
  it('B6 a thousand segments are no thousand alerts', () => {
    expect(toldOver(1000, (minute) => [`s${minute}`]).filter((one) => one.startsWith('raised'))).toHaveLength(50);
  });
});

describe('F9 stamps of a clock that is ahead are bounded by that of the reader', () => {
  it('F9 and those of one that is a little ahead, or behind, stay', () => {
    const at = 1_000_000;
    expect(boundedBy(OPEN, at)).toBe(OPEN);
    expect(boundedBy({ ...OPEN, toldAt: at + 5000 }, at)).toMatchObject({ toldAt: at + 5000 });
    expect(boundedBy({ ...OPEN, since: at + DAY, toldAt: at + DAY, overruledAt: at + DAY }, at)).toMatchObject({
      since: at,
      toldAt: at,
      overruledAt: at,
    });
    expect(boundedBy(undefined, at)).toBeUndefined();
  });
});

it('reads anything, and what it has read again as the same (property)', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const read = parseBreaches(value);
      expect(parseBreaches(read)).toEqual(read);
    }),
  );
  const breach = fc.record({
    open: fc.boolean(),
    told: fc.boolean(),
    since: fc.nat(),
    toldAt: fc.nat(),
    reminders: fc.nat(3),
    parts: fc.array(fc.string(), { maxLength: 3 }),
    overruledAt: fc.nat(),
  });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), breach), (breaches) => {
      expect(parseBreaches(JSON.parse(JSON.stringify(breaches)))).toEqual({ ...breaches });
    }),
  );
});
