import { describe, expect, test } from 'vitest';
import { conformanceCases } from './run-conformance.ts';
import { understudySubject } from '../../../tests/support/understudy-subject.ts';

describe('conformance', () => {
  test.for(conformanceCases.map((one) => [`row ${one.row}: ${one.title}`, one] as const))('%s', async ([, one]) => {
    await expect(one.run(understudySubject())).resolves.toBeUndefined();
  });

  test('a subject that breaks a row is told so', async () => {
    const { guard: _guard, ...rest } = understudySubject();
    const opensAtOnce = { ...rest, guard: () => ({ call: async () => Promise.reject(new Error('open')), state: () => 'open' }) };
    const row = conformanceCases.find((one) => one.row === 14);
    await expect(row?.run(opensAtOnce)).rejects.toThrow('one failure left it open');
  });
});
