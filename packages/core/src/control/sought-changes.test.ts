import { expect, test } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { SoughtChanges } from './sought-changes.ts';

function setUp() {
  const clock = new VirtualClock(0);
  const [reads, told]: [number[], string[]] = [[], []];
  const sought = new SoughtChanges(clock, 1000, async () => void reads.push(clock.now()));
  const add = (id: string, version: number): void => sought.add(id, { version, told: (made) => void told.push(`${id} ${made}`) });
  return { clock, sought, reads, told, add };
}

test('F2 a change that the document has is told, once, with the version that it made', () => {
  const { sought, told, add } = setUp();
  add('a', 3);
  sought.found(3, ['a', 'b']);
  sought.found(4, ['a']);
  expect([told, sought.count]).toEqual([['a 3'], 0]);
});

test('F2 one without which the document has gone on was not made; before that nothing is known', () => {
  const { sought, told, add } = setUp();
  add('a', 3);
  sought.found(2, []);
  expect(sought.count).toBe(1);
  sought.found(3, ['b']);
  expect([told, sought.count]).toEqual([[], 0]);
});

test('F2 it is looked for soon, then as often as the document is read, for ten minutes at most', async () => {
  const { clock, reads, add } = setUp();
  add('a', 3);
  await clock.advance(4000);
  expect(reads).toEqual([100, 300, 700, 1500, 2500, 3500]);
  await clock.advance(700_000);
  expect(reads.at(-1)).toBeLessThanOrEqual(601_000);
  expect(clock.pending).toBe(0);
});

test('F2 nothing is looked for when it is found, nor after the end', async () => {
  const { clock, sought, reads, add } = setUp();
  add('a', 3);
  sought.found(3, ['a']);
  await clock.advance(5000);
  expect(reads.length).toBeLessThanOrEqual(1);
  add('b', 4);
  sought.close();
  const before = reads.length;
  await clock.advance(5000);
  expect([reads.length, clock.pending]).toEqual([before, 0]);
});
