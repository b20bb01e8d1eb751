import { expect, it } from 'vitest';
import { markedIn, withPureCalls } from './pure-kinds.ts';

const NAMES = new Set(['kind', 'required']);

it('finds the functions that are marked', () => {
  expect(markedIn('export const kind = /* @__NO_SIDE_EFFECTS__ */ () => 1;\nexport const other = () => 2;')).toEqual(['kind']);
});

it('marks calls of kinds, nested ones too, wherever they stand', () => {
  expect(withPureCalls("import { kind, required } from '../errors/index.ts';\nconst a = required(kind(f, 'x'));", NAMES)).toBe(
    "import { kind, required } from '../errors/index.ts';\nconst a = /* @__PURE__ */ required(/* @__PURE__ */ kind(f, 'x'));",
  );
});

it.each([
  ["import { kind } from './other.ts';\nconst a = kind(f);", 'of another file'],
  ["import { kind } from '../errors/index.ts';\nkind(f);", 'whose result nobody uses'],
  ["import { kind } from '../errors/index.ts';\nconst a = this.kind(f) + 'kind(f)';", 'that is a method, or a text'],
  ['const kind = () => 1;\nconst a = kind();', 'of its own'],
])('leaves a function of that name alone: %j, %s', (source) => {
  expect(withPureCalls(source, NAMES)).toBe(source);
});
