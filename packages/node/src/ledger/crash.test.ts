import { expect, it } from 'vitest';
import { crashRounds } from '../../tests/support/crash-rounds.ts';

it('kill -9 at any moment loses no acknowledged record, and the ledger verifies each time', async () => {
  const result = await crashRounds(20, 1);
  expect(result).toMatchObject({ kills: 20, lost: [], repeated: 0, faults: [] });
  expect(result.acknowledged).toBeGreaterThan(200);
});
