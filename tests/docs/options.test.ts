import { expect, it } from 'vitest';
import { oldTables } from '../../scripts/option-tables.ts';

it('tables of options are as the docstrings (else: node scripts/option-tables.ts --write)', () => {
  expect(oldTables().map(({ path }) => path)).toEqual([]);
});
