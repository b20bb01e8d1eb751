import { expect, test } from 'vitest';
import { OwnPart } from './own-part.ts';

test('a process has a name from its first part on, and numbers what it writes', () => {
  const words = [10, 0xffff_ffff];
  const part = new OwnPart(() => words.shift() ?? 0);
  expect(part.instance).toBeUndefined();
  expect(part.next({ a: 1 })).toEqual({ instance: '0000000affffffff', sequence: 1, counters: { a: 1 } });
  expect(part.next({ a: 2 })).toEqual({ instance: '0000000affffffff', sequence: 2, counters: { a: 2 } });
  expect(part.instance).toBe('0000000affffffff');
});
