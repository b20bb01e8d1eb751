import { expect, it } from 'vitest';
import { told } from './told.ts';

it.each([
  ['https://ana:secret@host/path', '"https://…@host/path"'],
  ['https://host/path?token=secret', '"https://host/path?…"'],
  ['postgres://ana:se@cret@host/db', '"postgres://…@host/db"'],
  ['why? a=b', '"why? a=b"'],
])('leaves secrets of the address %s out', (value, expected) => {
  expect(told(value)).toBe(expected);
});
