import { expect, test } from 'vitest';
import { markdown, metText, rowsAgainst, time, timesTable } from './table.ts';

test('times as a person reads them, to three digits', () => {
  expect([0.5, 42.4, 999.4, 999.6, 7310, 999_600, 60_700_000].map(time)).toEqual([
    '0.500 ns',
    '42.4 ns',
    '999 ns',
    '1.00 µs',
    '7.31 µs',
    '1.00 ms',
    '60.7 ms',
  ]);
});

test('a target is met up to and including its number; a miss is told in whole per cent, never as 0', () => {
  expect(metText({ what: 'x', target: 7, measured: 7 })).toBe('✓');
  expect(metText({ what: 'x', target: 7, measured: 7.01 })).toBe('missed by 1 %');
  expect(metText({ what: 'x', target: 4, measured: 5 })).toBe('missed by 25 %');
});

test('a table of times puts the ratio beside its target', () => {
  const samples = { bare: [100, 200, 100], four: [700, 1400, 800], peer: [9000, 9000, 9000] };
  const table = timesTable('Calls', samples, rowsAgainst('bare', ['four', 'bare', 'peer'], { four: 6 }), { notes: ['A note.'] });
  expect(table.verdicts).toEqual([{ what: 'four (× bare)', target: 6, measured: 7 }]);
  expect(markdown(table)).toBe(
    [
      '### Calls',
      '',
      '| case | a call  | middle half       | × bare | target | met            |',
      '|------|---------|-------------------|--------|--------|----------------|',
      '| bare | 100 ns  | 100 ns – 150 ns   | 1.00   |        |                |',
      '| four | 800 ns  | 750 ns – 1.10 µs  | 7.00   | ≤ 6    | missed by 17 % |',
      '| peer | 9.00 µs | 9.00 µs – 9.00 µs | 90.00  |        |                |',
      '',
      'A note.',
    ].join('\n'),
  );
});
