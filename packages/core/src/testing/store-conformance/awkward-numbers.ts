/** Numbers that lose a bit where they do not travel as what they are. */
export const AWKWARD_NUMBERS: readonly number[] = [
  0.1 + 0.2,
  1 / 3,
  5e-324,
  -5e-324,
  2.2250738585072014e-308,
  1e308,
  Number.MAX_VALUE,
  Number.MAX_SAFE_INTEGER,
  -1e21,
  2 ** 63,
  123_456_789.123_456_79,
];
