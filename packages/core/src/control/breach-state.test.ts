import fc from 'fast-check';
import { expect, it } from 'vitest';
import { overruled, parseBreaches } from './breach-state.ts';

const OPEN = { open: true, toldAt: 1000, overruledAt: 0 };
const CLOSED = { open: false, toldAt: 500, overruledAt: 0 };

it('a resume overrules what is open, and only that', () => {
  const before = { drift: OPEN, accuracy: CLOSED };
  expect(overruled(before, 2000)).toEqual({ drift: { ...OPEN, overruledAt: 2000 }, accuracy: CLOSED });
  expect(before.drift.overruledAt).toBe(0);
});

it('reads what it can, and leaves out what it cannot', () => {
  const stored = { drift: OPEN, a: null, b: 'open', c: { ...OPEN, open: 1 }, d: { ...OPEN, toldAt: null }, e: { open: true } };
  expect(parseBreaches(stored)).toEqual({ drift: OPEN });
});

it('reads anything, and what it has read again as the same (property)', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const read = parseBreaches(value);
      expect(parseBreaches(read)).toEqual(read);
    }),
  );
  const breach = fc.record({ open: fc.boolean(), toldAt: fc.nat(), overruledAt: fc.nat() });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), breach), (breaches) => {
      expect(parseBreaches(JSON.parse(JSON.stringify(breaches)))).toEqual({ ...breaches });
    }),
  );
});
