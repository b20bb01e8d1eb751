import { createUnderstudy, type IdSigner } from '@understudy/core';
import { expect, test } from 'vitest';
import { hmacSigner } from './hmac-signer.ts';

const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) } };

function define(signer?: IdSigner) {
  return createUnderstudy(signer === undefined ? {} : { signer }).defineModel(
    { name: 'm', input: schema, output: schema },
    { variants: { v1: { predictor: () => 1, version: '1' } }, champion: 'v1' },
  );
}

test('only who holds the key can make an id that counts', async () => {
  const key = 'sixteen bytes or more of a secret';
  const [one, other] = [define(hmacSigner(key)), define(hmacSigner(new TextEncoder().encode(key)))];
  expect(await other.recordOutcome((await one.predict(1)).id, { feedback: { agree: true } })).toBe('counted');
  for (const forger of [define(), define(hmacSigner('another key of sixteen bytes'))]) {
    expect(await one.recordOutcome((await forger.predict(1)).id, { feedback: { agree: true } })).toBe('forged');
  }
});

test('a short key is refused', () => {
  expect(() => hmacSigner('short')).toThrow(/at least 16 bytes, got 5/);
});
