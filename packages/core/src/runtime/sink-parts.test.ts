import { expect, test } from 'vitest';
import { createUnderstudy } from './create-understudy.ts';

const write = (): void => undefined;

test.each([
  ['accepts', 'decision', 'a function'],
  ['attach', {}, 'a function'],
  ['queued', true, 'a function'],
  ['acknowledge', 7, 'a function'],
  ['flush', 'yes', 'a function'],
  ['close', [], 'a function'],
  ['content', 'yes', 'true or false'],
  ['unsampled', 1, 'true or false'],
  ['batchSize', 'all', 'a whole number'],
  ['batchSize', 0, 'a whole number'],
  ['flushMs', Number.NaN, 'milliseconds'],
])('a sink whose %s is %j is refused, with the name of what is wrong', (name, value, expected) => {
  expect(() =>
    createUnderstudy({
      sinks: [
        { name: 'fine', write },
        { name: 'odd', write, [name]: value },
      ],
    }),
  ).toThrow(
    expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      details: { problems: [{ path: `sinks[1].${name}`, message: expect.stringContaining(expected) }] },
    }),
  );
});

test('a class is a sink, and what is set to undefined is absent', async () => {
  class Mine {
    readonly name = 'mine';
    readonly flush = undefined;
    readonly seen: number[] = [];
    write(batch: readonly unknown[]): void {
      this.seen.push(batch.length);
    }
  }
  const understudy = createUnderstudy({ sinks: [new Mine() as never] });
  await understudy.close();
  expect(understudy.status().sinks).toMatchObject([{ name: 'mine', lost: {} }]);
});
