import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Fifo } from './fifo.ts';

type Step = ['push', number] | ['shift'] | ['remove', number];

it('is an array that is pushed to, shifted and filtered (property)', () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    { arbitrary: fc.tuple(fc.constant('push' as const), fc.nat(9)), weight: 4 },
    { arbitrary: fc.tuple(fc.constant('shift' as const)), weight: 3 },
    { arbitrary: fc.tuple(fc.constant('remove' as const), fc.nat(9)), weight: 1 },
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const fifo = new Fifo<{ readonly n: number }>();
      let model: { readonly n: number }[] = [];
      for (const [kind, n = 0] of steps) {
        if (kind === 'push') {
          const item = { n };
          fifo.push(item);
          model.push(item);
        } else if (kind === 'shift') expect(fifo.shift()).toBe(model.shift());
        else {
          fifo.remove((item) => item.n === n);
          model = model.filter((item) => item.n !== n);
        }
        expect([fifo.length, fifo.first(), fifo.toArray()]).toEqual([model.length, model[0], model]);
      }
    }),
  );
});

it('keeps its order over many times the room that it gives back', () => {
  const fifo = new Fifo<{ readonly n: number }>();
  const out: number[] = [];
  for (let n = 0; n < 10_000; n++) {
    fifo.push({ n });
    if (n >= 100) out.push(fifo.shift()?.n ?? -1);
  }
  expect(out).toEqual(Array.from({ length: 9900 }, (_, n) => n));
  expect([fifo.length, fifo.first(), fifo.toArray().at(-1)]).toEqual([100, { n: 9900 }, { n: 9999 }]);
});
