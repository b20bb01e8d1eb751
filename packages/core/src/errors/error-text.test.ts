import { expect, it } from 'vitest';
import { errorClass, errorText, readProperty } from './error-text.ts';
import { UnderstudyError } from './understudy-error.ts';

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
const throwing = (name: string): object =>
  Object.defineProperty({}, name, {
    get: () => {
      throw new Error('no');
    },
  });

it.each([
  ['an error', new TypeError('bad'), 'bad', 'TypeError'],
  ['a text', 'bad', 'bad', undefined],
  ['nothing', undefined, 'undefined', undefined],
  ['null', null, 'null', undefined],
  ['an object without a prototype', Object.create(null), 'an object', undefined],
  ['a symbol', Symbol('secret'), 'a symbol', undefined],
  ['a function', () => 1, 'a function', undefined],
  ['a bigint', 10n, '10n', undefined],
  ['a proxy that was revoked', revoked(), 'an object', undefined],
  ['a message that throws', throwing('message'), 'an object', undefined],
  ['a message that is no text', { message: { toString: () => 'x' } }, 'an object', undefined],
  ['an error whose name was set', Object.assign(new Error('m'), { name: 'card 4111' }), 'm', 'Error'],
  ['an object with a message', { message: 'm' }, 'm', 'Object'],
])('A2 the text of %s is short, and its class comes from code', (_, thrown, text, name) => {
  expect([errorText(thrown), errorClass(thrown)]).toEqual([text, name]);
});

it('A2 a huge message is cut to 500 characters', () => {
  expect(errorText(new Error('x'.repeat(1_000_000)))).toHaveLength(500);
  expect(errorText('y'.repeat(1_000_000), 20)).toBe(`${'y'.repeat(19)}…`);
});

it('F1 whether something is an error of ours can be asked of anything', () => {
  for (const value of [revoked(), throwing('brand'), throwing('code'), Symbol('x'), Object.create(null)])
    expect(UnderstudyError.is(value)).toBe(false);
  expect(UnderstudyError.is(Object.assign(throwing('code'), { brand: 'understudy-error' }), 'CLOSED')).toBe(false);
  expect(readProperty(throwing('x'), 'x')).toBe(undefined);
});
