import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecentMap } from './recent-map.ts';

test('has the newest entries, whatever is set in which order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.integer({ min: 0, max: 9 })), (size, keys) => {
      const recent = new RecentMap<number>(size);
      let model: [string, number][] = [];
      for (const [at, key] of keys.entries()) {
        const name = `k${key}`;
        const known = model.findIndex(([one]) => one === name);
        const expected = known < 0 && model.length === size ? model[0]?.[1] : undefined;
        if (known >= 0) model = model.map((entry, index) => (index === known ? [name, at] : entry));
        else model = [...model, [name, at] as [string, number]].slice(-size);
        expect(recent.set(name, at)).toBe(expected);
      }
      expect(recent.size).toBe(model.length);
      for (const [name, at] of model) expect([recent.has(name), recent.get(name)]).toEqual([true, at]);
      expect(recent.has('other')).toBe(false);
    }),
    { seed: 5 },
  );
});
