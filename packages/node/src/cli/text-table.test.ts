import { expect, it } from 'vitest';
import { textTable } from './text-table.ts';

it('aligns the first column to the left and the others to the right', () => {
  expect(
    textTable(
      ['gate', 'power', ''],
      [
        ['errorRate 3×', '100.0 %', 'x'],
        ['kpi', '8.5 %'],
      ],
    ),
  ).toBe(['  gate             power', '  errorRate 3×   100.0 %   x', '  kpi              8.5 %'].join('\n'));
});

it('without rows is its head', () => {
  expect(textTable(['a', 'b'], [])).toBe('  a   b');
});
