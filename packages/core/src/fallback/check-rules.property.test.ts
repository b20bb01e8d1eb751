import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { Failure } from '../types/index.ts';
import { checkRules } from './check-rules.ts';
import { nextDown, nextUp } from './doubles.ts';
import type { HitPolicy, RuleTable } from './rule-table.ts';
import { rules } from './rules.ts';

/** The exact checker against trying every combination of values that rows can tell apart. */
const contract = {
  name: 'grid',
  input: z.object({
    n: z.number().int().min(0).max(6),
    x: z.number().min(0).lt(10).optional(),
    k: z.enum(['a', 'b', 'c']),
    f: z.boolean().nullable(),
    s: z.string(),
    o: z.object({ a: z.number().int().min(0).max(3), b: z.number().optional() }).nullish(),
    u: z.unknown().optional(),
  }),
  output: z.object({ label: z.number() }),
};
type Input = Record<string, unknown>;
type Table = RuleTable<Input, { label: number }>;
type Row = Table['rows'][number];

const X = [-1, 0, 2.5, 5, 10];
const around = [...new Set(X.flatMap((value) => [nextDown(value), value, nextUp(value), value + 1]))].filter(
  (value) => value >= 0 && value < 10,
);
const anything = [
  -Infinity,
  -2,
  -1,
  nextUp(-1),
  0,
  nextDown(2.5),
  2.5,
  nextUp(2.5),
  3,
  Infinity,
  NaN,
  'p',
  'q',
  'r',
  true,
  false,
  [],
  {},
  null,
  undefined,
];
const grids: Record<string, readonly unknown[]> = {
  n: [0, 1, 2, 3, 4, 5, 6],
  x: [...around, undefined],
  k: ['a', 'b', 'c'],
  f: [true, false, null],
  s: ['p', 'q', 'anything'],
  o: [undefined, ...[0, 1, 2, 3].flatMap((a) => [undefined, -2, -1, 0, 5, 7].map((b) => (b === undefined ? { a } : { a, b })))],
  u: [...anything, ...anything.map((a) => ({ a }))],
};

const numeric = (values: readonly number[]): fc.Arbitrary<object> => {
  const value = fc.constantFrom(...values);
  return fc.oneof(
    ...['gt', 'gte', 'lt', 'lte', 'eq', 'ne'].map((operator) => value.map((operand) => ({ [operator]: operand }))),
    fc.tuple(value, value).map(([a, b]) => ({ between: [Math.min(a, b), Math.max(a, b)] })),
    fc.tuple(value, value).map(([a, b]) => ({ gte: a, lt: b })),
    fc.array(value, { minLength: 1, maxLength: 3 }).map((list) => ({ in: list })),
    fc.boolean().map((exists) => ({ exists })),
  );
};
const discrete = (values: readonly (string | boolean)[]): fc.Arbitrary<object> => {
  const value = fc.constantFrom(...values);
  return fc.oneof(
    value.map((operand) => ({ eq: operand })),
    value.map((operand) => ({ ne: operand })),
    fc.array(value, { minLength: 1, maxLength: 3 }).map((list) => ({ in: list })),
    fc.array(value, { minLength: 1, maxLength: 2 }).map((list) => ({ notIn: list })),
    fc.boolean().map((exists) => ({ exists })),
  );
};
const conditions: Record<string, fc.Arbitrary<object>> = {
  n: numeric([-1, 0, 1, 2.5, 3, 6, 7]),
  x: numeric(X),
  k: discrete(['a', 'b', 'c']),
  f: discrete([true, false]),
  s: discrete(['p', 'q']),
  o: fc.boolean().map((exists) => ({ exists })),
  'o.a': numeric([0, 1, 2, 3]),
  'o.b': numeric([-1, 5]),
  u: fc.oneof(numeric([-1, 2.5]), discrete(['p', 'q', true])),
  'u.a': fc.oneof(numeric([-1, 2.5]), discrete(['p', 'q', true])),
};
const fieldsOfGrid: Record<string, readonly string[]> = {
  n: ['n'],
  x: ['x'],
  k: ['k'],
  f: ['f'],
  s: ['s'],
  o: ['o', 'o.a', 'o.b'],
  u: ['u', 'u.a'],
};

const tables = (hitPolicy: HitPolicy): fc.Arbitrary<{ table: Table; chosen: readonly string[] }> =>
  fc
    .subarray(Object.keys(grids), { minLength: 1, maxLength: 3 })
    // A few thousand points at most.
    .filter((chosen) => chosen.reduce((points, name) => points * (grids[name]?.length ?? 1), 1) < 3000)
    .chain((chosen) => {
      const paths = chosen.flatMap((name) => fieldsOfGrid[name] ?? []);
      const when = fc.record(Object.fromEntries(paths.map((path) => [path, conditions[path] ?? fc.constant({})])), {
        requiredKeys: [],
      });
      const row = fc.record({ when, then: fc.integer({ min: 0, max: 2 }).map((label) => ({ label })), priority: fc.integer() });
      return fc.uniqueArray(row, { maxLength: 6, selector: ({ priority }) => priority }).map((rows) => ({
        table: {
          name: 't',
          version: '1',
          hitPolicy,
          rows: rows.map(({ priority, ...rest }, index) =>
            Object.assign(rest, { id: `R${index}` }, hitPolicy === 'priority' ? { priority } : {}),
          ),
          ...(hitPolicy === 'collect' ? { combine: () => ({ label: 0 }) } : {}),
        },
        chosen,
      }));
    });

function pointsOf(chosen: readonly string[]): readonly Input[] {
  const rest = { n: 0, k: 'a', f: true, s: '' };
  return chosen.reduce<readonly Input[]>(
    (points, name) => points.flatMap((point) => (grids[name] ?? []).map((value) => Object.assign({}, point, { [name]: value }))),
    [rest],
  );
}

const failure: Failure = { code: 'TIMEOUT', message: '', class: 'failed', kind: 'timeout', from: 'v1', cause: undefined };
const matcher = (row: Row): ((input: Input) => boolean) => {
  const { priority: _, ...alone } = row;
  const tier = rules<Input, { label: number }>({ name: 't', version: '1', rows: [alone] });
  return (input) => 'output' in tier.answer(input, failure, { unit: '' });
};
const matchersOf = (table: Table): Map<string, (input: Input) => boolean> =>
  new Map(table.rows.map((row) => [row.id, matcher(row)]));
const rowsFiredBy = (table: Table): ((input: Input) => readonly string[]) => {
  const tier = rules<Input, { label: number }>(table);
  return (input) => {
    const answer = tier.answer(input, failure, { unit: '' });
    return 'output' in answer ? (answer.rows ?? []) : [];
  };
};

const runs = { numRuns: 300, seed: 20_261_121 };

describe('against brute force', () => {
  test('a gap is found exactly where there is one, and its witness shows it', () => {
    fc.assert(
      fc.property(tables('first'), ({ table, chosen }) => {
        const points = pointsOf(chosen);
        const matchers = [...matchersOf(table).values()];
        const report = checkRules(table, contract);
        const gaps = report.findings.filter(({ kind }) => kind === 'gap');
        expect(report.complete).toBe(true);
        expect(gaps.length > 0).toBe(points.some((point) => !matchers.some((matches) => matches(point))));
        for (const { witness = {} } of gaps) {
          expect(contract.input.safeParse(witness).error).toBeUndefined();
          expect(matchers.some((matches) => matches(witness))).toBe(false);
        }
      }),
      runs,
    );
  });

  test('overlaps are exactly the pairs that match together', () => {
    fc.assert(
      fc.property(tables('unique'), ({ table, chosen }) => {
        const points = pointsOf(chosen);
        const matchers = [...matchersOf(table)];
        const together = new Set<string>();
        for (const point of points) {
          const matched = matchers.filter(([, matches]) => matches(point)).map(([id]) => id);
          for (const [index, id] of matched.entries())
            for (const later of matched.slice(index + 1)) together.add(`${id} ${later}`);
        }
        const overlaps = checkRules(table, contract).findings.filter(({ kind }) => kind === 'overlap');
        expect(new Set(overlaps.map(({ rows }) => rows.join(' ')))).toEqual(together);
        for (const { rows, witness = {}, severity } of overlaps) {
          expect(severity).toBe('error');
          expect(contract.input.safeParse(witness).error).toBeUndefined();
          for (const id of rows) expect(new Map(matchers).get(id)?.(witness)).toBe(true);
        }
      }),
      runs,
    );
  });

  test.each(['first', 'priority', 'unique', 'collect'] as const)(
    'unreachable rows under %s are exactly those that answer nowhere',
    (hitPolicy) => {
      fc.assert(
        fc.property(tables(hitPolicy), ({ table, chosen }) => {
          const points = pointsOf(chosen);
          const fired = rowsFiredBy(table);
          const reached = new Set(points.flatMap(fired));
          const unreachable = checkRules(table, contract).findings.filter(({ kind }) => kind === 'unreachable');
          const idle = table.rows.map((row) => row.id).filter((id) => !reached.has(id));
          expect(new Set(unreachable.map(({ rows }) => rows[0]))).toEqual(new Set(idle));
          const matchers = matchersOf(table);
          for (const { rows, witness } of unreachable) {
            const [id = '', ...takers] = rows;
            expect(takers.length > 0).toBe(witness !== undefined);
            if (witness === undefined) continue;
            expect(contract.input.safeParse(witness).error).toBeUndefined();
            expect(matchers.get(id)?.(witness)).toBe(true);
            expect(fired(witness)).not.toContain(id);
            // The takers take everything between them.
            const matched = points.filter((point) => matchers.get(id)?.(point));
            expect(matched.every((point) => takers.some((taker) => matchers.get(taker)?.(point)))).toBe(true);
          }
        }),
        runs,
      );
    },
  );

  test('overlaps with equal outputs are not listed under first', () => {
    fc.assert(
      fc.property(tables('first'), ({ table }) => {
        const outputs = new Map(table.rows.map((row) => [row.id, row.then]));
        for (const { rows, severity } of checkRules(table, contract).findings.filter(({ kind }) => kind === 'overlap')) {
          expect(severity).toBe('info');
          expect(outputs.get(rows[0] ?? '')).not.toEqual(outputs.get(rows[1] ?? ''));
        }
      }),
      { ...runs, numRuns: 100 },
    );
  });

  test('a row that decides by function takes nothing for certain, and fills gaps only perhaps', () => {
    fc.assert(
      fc.property(tables('first'), fc.nat(), ({ table, chosen }, pick) => {
        const points = pointsOf(chosen);
        fc.pre(table.rows.length > 0);
        const index = pick % table.rows.length;
        const original = table.rows[index] as Row;
        const blurred: Table = { ...table, rows: table.rows.with(index, { ...original, when: matcher(original) }) };
        const report = checkRules(blurred, contract);
        const declarative = [...matchersOf(table)].filter(([id]) => id !== original.id).map(([, declared]) => declared);
        const open = report.findings.filter(({ kind, witness }) => kind === 'undecided' && witness !== undefined);
        expect(report.findings.some(({ kind }) => kind === 'gap')).toBe(false);
        expect(open.length > 0).toBe(points.some((point) => !declarative.some((declared) => declared(point))));
        for (const { witness = {} } of open) expect(declarative.some((declared) => declared(witness))).toBe(false);
        const reached = new Set(points.flatMap(rowsFiredBy(blurred)));
        const unreachable = report.findings.filter(({ kind }) => kind === 'unreachable');
        expect(unreachable.filter(({ rows }) => reached.has(rows[0] ?? ''))).toEqual([]);
      }),
      runs,
    );
  });

  test('a spent budget claims nothing that is not so', () => {
    fc.assert(
      fc.property(tables('first'), fc.nat(200), ({ table }, budget) => {
        const full = checkRules(table, contract);
        const part = checkRules(table, contract, { budget });
        expect(part.complete || part.findings.some(({ kind }) => kind === 'undecided')).toBe(true);
        const known = full.findings.map(({ kind, rows }) => `${kind} ${rows[0] ?? ''}`);
        const claimed = part.findings
          .filter(({ kind }) => kind !== 'undecided')
          .map(({ kind, rows }) => `${kind} ${rows[0] ?? ''}`);
        expect(known).toEqual(expect.arrayContaining(claimed));
        expect(part.complete ? part : full).toEqual(full);
      }),
      runs,
    );
  });
});
