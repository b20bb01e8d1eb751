import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainDistribution } from './plain-distribution.ts';

const SOUND = {
  field: 'age',
  reference: { n: 100, missing: 0 },
  live: { n: 10, missing: 0.5 },
  bins: [
    { range: [null, 1], reference: 0.25, live: 0 },
    { range: [1, null], reference: 0.75, live: 1 },
  ],
};
const BIN = { label: 'a', reference: 1, live: 1 };

describe('B5 a distribution from outside', () => {
  test('B5 is copied without what does not belong there', () => {
    expect(plainDistribution({ ...SOUND, segment: undefined, extra: 1 })).toEqual(SOUND);
    expect(plainDistribution({ ...SOUND, segment: 's', bins: [{ ...BIN, label: null, x: 1 }] })).toEqual({
      ...SOUND,
      segment: 's',
      bins: [{ ...BIN, label: null }],
    });
  });

  test.each([
    ['nothing', undefined],
    ['a list', []],
    ['no field', { ...SOUND, field: 7 }],
    ['a segment that is no text', { ...SOUND, segment: null }],
    ['no sample', { ...SOUND, live: undefined }],
    ['half a case', { ...SOUND, live: { n: 0.5, missing: 0 } }],
    ['a missing share above 1', { ...SOUND, live: { n: 5, missing: 2 } }],
    ['no bins', { ...SOUND, bins: [] }],
    ['bins that are no list', { ...SOUND, bins: { length: 1 } }],
    ['25 bins', { ...SOUND, bins: Array.from({ length: 25 }, () => ({ ...BIN, reference: 0.04, live: 0.04 })) }],
    ['an empty bin', { ...SOUND, bins: [null] }],
    ['a bin without a place', { ...SOUND, bins: [{ reference: 1, live: 1 }] }],
    ['a range of one', { ...SOUND, bins: [{ ...BIN, label: undefined, range: [1] }] }],
    ['a range backwards', { ...SOUND, bins: [{ ...BIN, label: undefined, range: [2, 1] }] }],
    ['an infinite edge', { ...SOUND, bins: [{ ...BIN, label: undefined, range: [1, Infinity] }] }],
    ['a negative share', { ...SOUND, bins: [BIN, { ...BIN, reference: -0.5, live: 0 }] }],
    ['a share that is none', { ...SOUND, bins: [{ ...BIN, live: NaN }] }],
    ['shares of a half', { ...SOUND, bins: [{ ...BIN, live: 0.5 }] }],
  ])('B5 with %s is none', (_, value) => {
    expect(plainDistribution(value)).toBeUndefined();
  });

  test('B5 names and labels are cut', () => {
    const long = 'x'.repeat(1000);
    const plain = plainDistribution({ ...SOUND, field: long, bins: [{ ...BIN, label: long }] });
    expect([plain?.field.length, plain?.bins[0]?.label?.length]).toEqual([400, 100]);
  });

  test('B5 anything is a distribution or none, and never throws (property)', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...Object.keys(SOUND)), (value, key) => {
        for (const given of [value, { ...SOUND, [key]: value }, { ...SOUND, bins: [value] }])
          expect(JSON.stringify(plainDistribution(given) ?? {}).length).toBeLessThan(5000);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});
