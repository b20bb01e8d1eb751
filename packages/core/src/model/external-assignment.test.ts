import { expect, test } from 'vitest';
import type { AssignUnit } from '../types/index.ts';
import { externalAssignment, usable } from './external-assignment.ts';

const CONTEXT = { model: 'm', unit: 'u', tenant: 't' };

function ask(assign: (...context: unknown[]) => unknown): { readonly answer: unknown; readonly failures: unknown[] } {
  const failures: unknown[] = [];
  return { answer: externalAssignment(assign as AssignUnit, CONTEXT, (error) => failures.push(error)), failures };
}

test('an answer at once is given at once', () => {
  const asked: unknown[] = [];
  const { answer } = ask((...context) => (asked.push(...context), { variant: 'v2', probability: 0.3 }));
  expect(answer).toEqual({ variant: 'v2', probability: 0.3 });
  expect(asked).toEqual([CONTEXT]);
});

test('an answer later is a promise of the platform, also of a foreign thenable', async () => {
  for (const later of [
    Promise.resolve({ variant: 'v2' }),
    { then: (done: (value: unknown) => void) => done({ variant: 'v2' }) },
  ]) {
    const { answer } = ask(() => later);
    expect(answer).toBeInstanceOf(Promise);
    expect(await answer).toEqual({ variant: 'v2' });
  }
});

test('B8 what throws answers nothing, and is told', () => {
  const { answer, failures } = ask(() => {
    throw new Error('down');
  });
  expect([answer, failures]).toEqual([undefined, [new Error('down')]]);
});

test.each([undefined, null, {}])('%j is no answer, and no failure', (given) => {
  const { answer, failures } = ask(() => given);
  expect([answer, failures]).toEqual([undefined, []]);
});

test.each([Number.NaN, -0.1, 0, 1.5, Infinity, 'half'])(
  'a probability of %s is a failure, since ids could not carry it',
  (probability) => {
    const failures: unknown[] = [];
    expect(usable({ variant: 'v2', probability }, (error) => failures.push(error))).toBeUndefined();
    expect(failures).toHaveLength(1);
  },
);

test('F1 an answer that cannot be read is a failure', () => {
  const failures: unknown[] = [];
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(usable(proxy, (error) => failures.push(error))).toBeUndefined();
  expect(failures).toHaveLength(1);
});
