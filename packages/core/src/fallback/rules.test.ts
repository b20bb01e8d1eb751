import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { contractView } from '../contract/contract-view.ts';
import { UnderstudyError } from '../errors/index.ts';
import type { Failure } from '../types/index.ts';
import type { Condition, RuleTable } from './rule-table.ts';
import { rules } from './rules.ts';

type Input = Record<string, unknown>;
type Table = RuleTable<Input, unknown>;
const failure: Failure = {
  code: 'TIMEOUT',
  message: 'too slow',
  class: 'failed',
  kind: 'timeout',
  from: 'v3',
  cause: new Error('slow'),
};
const call = { unit: '' };
const tierOf = (rows: unknown, more: object = {}): ReturnType<typeof rules<Input, unknown>> =>
  rules<Input, unknown>({ name: 't', version: '1', rows, ...more } as Table);
const answerOf = (rows: unknown, input: unknown, more: object = {}): unknown =>
  tierOf(rows, more).answer(input as Input, failure, call);
const problemsOf = (run: () => unknown): readonly string[] => {
  try {
    run();
  } catch (error) {
    if (UnderstudyError.is(error, 'RULES_INVALID'))
      return (error.details.problems ?? []).map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
};

describe('conditions', () => {
  const matches = (condition: Condition, value: unknown): boolean =>
    'output' in (answerOf([{ id: 'R', when: { x: condition }, then: 1 }], { x: value }) as object);

  test.each<[Condition, readonly unknown[], readonly unknown[]]>([
    [{ eq: 5 }, [5], [4, '5', 5.000000000000001, true]],
    [{ eq: 'a' }, ['a'], ['A', '', 1]],
    [{ eq: false }, [false], [true, 0, '']],
    [{ ne: 5 }, [4, '5', true], [5]],
    [{ gt: 5 }, [5.000000000000001, Infinity], [5, 4, '6', true]],
    [{ gte: 5 }, [5, 6], [4.999999999999999, '6']],
    [{ lt: 5 }, [4.999999999999999, -Infinity], [5, '4']],
    [{ lt: 0 }, [-Number.MIN_VALUE], [0, -0]],
    [{ lte: 5 }, [5, -1], [5.000000000000001]],
    [{ in: [1, 'a', true] }, [1, 'a', true], [2, 'b', false]],
    [{ in: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, [9], [10, '9']],
    [{ notIn: [1, 'a'] }, [2, 'b', true], [1, 'a']],
    [{ between: [1, 2] }, [1, 1.5, 2], [0.999, 2.001, '1']],
    [{ exists: true }, [0, '', false, {}], []],
    [{ gte: 1, lt: 3, ne: 2 }, [1, 2.5], [2, 3, 0]],
    [{ in: [1, 2, 3], notIn: [2], gt: 1 }, [3], [1, 2]],
    [{ eq: 1, in: [2] }, [], [1, 2]],
    [{ gt: 5, lt: 3 }, [], [4]],
  ])('%j', (condition, passing, failing) => {
    for (const value of passing) expect.soft(matches(condition, value), `${String(value)} passes`).toBe(true);
    for (const value of [...failing, undefined, null, Number.NaN])
      expect.soft(matches(condition, value), `${String(value)} fails`).toBe(false);
  });

  test('exists: false holds for undefined, null and NaN only', () => {
    for (const value of [undefined, null, Number.NaN]) expect(matches({ exists: false }, value)).toBe(true);
    for (const value of [0, '', false, []]) expect(matches({ exists: false }, value)).toBe(false);
  });

  test('several fields must all hold; no field always holds', () => {
    const when = { a: { gt: 1 }, b: { eq: 'x' }, c: { exists: true } };
    expect(answerOf([{ id: 'R', when, then: 1 }], { a: 2, b: 'x', c: 0 })).toMatchObject({ rows: ['R'] });
    expect(answerOf([{ id: 'R', when, then: 1 }], { a: 2, b: 'x' })).toHaveProperty('abstains');
    expect(answerOf([{ id: 'R', when: {}, then: 1 }], {})).toMatchObject({ output: 1 });
  });

  test('nested fields, by objects and by dotted paths', () => {
    const input = { applicant: { income: 5, home: { city: 'Oslo' }, exists: { in: 3 } } };
    const holds = (when: object): boolean => 'output' in (answerOf([{ id: 'R', when, then: 1 }], input) as object);
    expect(holds({ applicant: { income: { gte: 5 }, home: { city: { eq: 'Oslo' } } } })).toBe(true);
    expect(holds({ applicant: { exists: true, income: { gt: 5 } } })).toBe(false);
    expect(holds({ 'applicant.home.city': { eq: 'Oslo' }, 'applicant.income': { lt: 6 } })).toBe(true);
    expect(holds({ applicant: { 'home.city': { eq: 'Bergen' } } })).toBe(false);
    expect(holds({ 'applicant.home.street.name': { exists: false } })).toBe(true);
    expect(holds({ 'applicant.income.gross': { exists: true } })).toBe(false);
    // Fields that bear the name of an operator.
    expect(holds({ applicant: { exists: { in: { gt: 2 } } } })).toBe(true);
  });
});

describe('functions', () => {
  test('40. a rule sees the failure that it rescues', () => {
    const when = vi.fn<(input: Input, failure: Failure) => boolean>((_, seen) => seen.code === 'TIMEOUT');
    const then = vi.fn<(input: Input, failure: Failure) => string>((input, seen) => `${String(input['a'])} ${seen.from}`);
    expect(answerOf([{ id: 'R', when, then, because: 'slow' }], { a: 1 })).toEqual({
      output: '1 v3',
      because: 'slow',
      rows: ['R'],
    });
    expect(when).toHaveBeenCalledWith({ a: 1 }, failure);
    expect(then).toHaveBeenCalledWith({ a: 1 }, failure);
  });

  const throwing = (value: unknown) => () => {
    throw value as Error;
  };
  const unprintable = { toString: throwing(new Error('again')) };
  test.each([
    ['an error', throwing(new Error('boom')), 'rules t: row R threw: boom'],
    ['a string', throwing('boom'), 'rules t: row R threw: boom'],
    ['null', throwing(null), 'rules t: row R threw: null'],
    ['what has no text', throwing(unprintable), 'rules t: row R threw: something that has no text'],
    ['a promise', () => Promise.reject(new Error('late')), 'rules t: row R threw: it gave a promise, and a rule answers at once'],
  ])('a row that throws %s makes the tier abstain, and is named', (_, run, abstains) => {
    const last = { id: 'last', when: {}, then: 0 };
    for (const hitPolicy of ['first', 'unique'] as const) {
      expect(answerOf([{ id: 'R', when: run, then: 1 }, last], {}, { hitPolicy })).toEqual({ abstains });
      expect(answerOf([{ id: 'R', when: {}, then: run }], {}, { hitPolicy })).toEqual({ abstains });
    }
    expect(answerOf([{ id: 'R', when: {}, then: run }], {}, { hitPolicy: 'collect', combine: () => 0 })).toEqual({ abstains });
    expect(answerOf([last], {}, { hitPolicy: 'collect', combine: run })).toEqual({
      abstains: abstains.replace('row R', 'combine'),
    });
  });

  test('a condition that is no boolean makes the tier abstain', () => {
    expect(answerOf([{ id: 'R', when: () => 1, then: 1 }], {})).toEqual({
      abstains: 'rules t: row R threw: its condition gave 1 where true or false was expected',
    });
  });

  test('an input that is no object never throws', () => {
    expect(answerOf([{ id: 'R', when: { x: { eq: 1 } }, then: 1 }], null)).toHaveProperty('abstains');
    expect(answerOf([{ id: 'R', when: { x: { eq: 1 } }, then: 1 }], 'text')).toHaveProperty('abstains');
  });
});

describe('hit policies', () => {
  const rows = [
    { id: 'A', when: { x: { gt: 0 } }, then: 1, because: 'positive' },
    { id: 'B', when: { x: { gt: 10 } }, then: 2, because: 'large' },
    { id: 'C', when: { x: { gt: 100 } }, then: 3 },
  ];

  test('first: in table order', () => {
    expect(answerOf(rows, { x: 50 })).toEqual({ output: 1, because: 'positive', rows: ['A'] });
    expect(answerOf(rows, { x: -1 })).toEqual({ abstains: 'rules t: no row matched' });
    expect(answerOf(rows, { x: -1 }, { otherwise: 9 })).toEqual({ output: 9, because: 'no row matched', rows: [] });
    expect(answerOf([], {}, { otherwise: 9 })).toMatchObject({ output: 9 });
  });

  test('priority: the highest first', () => {
    const ranked = rows.map((row, index) => ({ ...row, priority: index }));
    expect(answerOf(ranked, { x: 50 }, { hitPolicy: 'priority' })).toMatchObject({ output: 2, rows: ['B'] });
    expect(answerOf(ranked, { x: 500 }, { hitPolicy: 'priority' })).toEqual({ output: 3, rows: ['C'] });
  });

  test('unique: abstains where two match', () => {
    expect(answerOf(rows, { x: 5 }, { hitPolicy: 'unique' })).toMatchObject({ output: 1 });
    expect(answerOf(rows, { x: 50 }, { hitPolicy: 'unique', otherwise: 9 })).toEqual({
      abstains: 'rules t: rows A and B both matched, and only one may',
    });
    expect(answerOf(rows, { x: -5 }, { hitPolicy: 'unique', otherwise: 9 })).toMatchObject({ output: 9 });
  });

  test('collect: combines the outputs of all', () => {
    const combine = (outputs: readonly unknown[]): unknown => outputs.join('+');
    expect(answerOf(rows, { x: 500 }, { hitPolicy: 'collect', combine })).toEqual({
      output: '1+2+3',
      because: 'positive; large',
      rows: ['A', 'B', 'C'],
    });
    expect(answerOf(rows, { x: -5 }, { hitPolicy: 'collect', combine })).toHaveProperty('abstains');
  });
});

describe('outputs', () => {
  test('no caller and no later change of the table can change what the next one gets', () => {
    const then = { p: [1, 2], at: { deep: true } };
    const tier = tierOf([{ id: 'R', when: {}, then }]);
    then.p.push(3);
    const answer = tier.answer({}, failure, call);
    expect(answer).toEqual({ output: { p: [1, 2], at: { deep: true } }, rows: ['R'] });
    expect(() => ('output' in answer ? (answer.output as typeof then).p.push(4) : 0)).toThrow(TypeError);
  });

  test('the operands of a running table do not change either', () => {
    const list = [1];
    const tier = tierOf([{ id: 'R', when: { x: { in: list } }, then: 1 }]);
    list.push(2);
    expect(tier.answer({ x: 2 }, failure, call)).toHaveProperty('abstains');
  });

  test('a fixed answer allocates nothing', () => {
    const tier = tierOf([{ id: 'R', when: { x: { gt: 1 } }, then: { p: 1 } }], { otherwise: { p: 0 } });
    expect(tier.answer({ x: 2 }, failure, call)).toBe(tier.answer({ x: 3 }, failure, call));
    expect(tier.answer({ x: 0 }, failure, call)).toBe(tier.answer({ x: 1 }, failure, call));
  });

  test('what cannot be frozen is copied for each answer', () => {
    const tier = tierOf([{ id: 'R', when: {}, then: { at: new Date(5), scores: new Float64Array([1, 2]) } }], {
      otherwise: new Date(0),
    });
    const take = (): { at: Date; scores: Float64Array } => {
      const answer = tier.answer({}, failure, call);
      return ('output' in answer ? answer.output : undefined) as { at: Date; scores: Float64Array };
    };
    const first = take();
    first.at.setTime(9);
    first.scores[0] = 9;
    expect(take()).toEqual({ at: new Date(5), scores: new Float64Array([1, 2]) });
  });
});

describe('validation', () => {
  test('all problems of a table at once, with path, row and remedy', () => {
    const table = {
      name: '',
      version: 2,
      hitPolicy: 'frist',
      otherwize: 1,
      rows: [
        { id: 'A', when: { x: { gtee: 5, lt: '3' } }, then: 1 },
        { id: 'A', when: { x: { between: [5, 1] }, y: 7, z: {} }, then: undefined },
        {
          id: 'C',
          when: { x: { in: [] }, y: { eq: null }, w: { exists: 1 }, u: { eq: Number.NaN }, v: { exists: false, gt: 1 } },
          then: 1,
          becuase: '',
        },
        { when: 5, then: () => 1, because: 5, priority: 1 },
        'row',
      ],
    };
    expect(problemsOf(() => rules(table as never))).toEqual([
      'otherwize: unknown property, did you mean otherwise?',
      'name: expected a name, got ""',
      "version: expected a text such as '1', got 2",
      'hitPolicy: expected one of first, unique, priority, collect, got "frist", did you mean first?',
      'rows[0].when.x.gtee: unknown operator, did you mean gte? (row A)',
      'rows[0].when.x.lt: compares numbers: expected a finite number, got "3" (row A)',
      'rows[1].when.x.between: the bounds are reversed: write [1, 5] (row A)',
      'rows[1].when.y: expected operators, such as { eq: 7 } (row A)',
      'rows[1].when.z: expected an operator (eq, ne, gt, gte, lt, lte, in, notIn, between, exists) (row A)',
      'rows[1].then: expected an output (row A)',
      'rows[2].becuase: unknown property, did you mean because? (row C)',
      'rows[2].when.x.in: expected a list with at least one value, got an empty list (row C)',
      'rows[2].when.y.eq: nothing equals a missing value: write { exists: false } (row C)',
      'rows[2].when.w.exists: expected true or false, got 1 (row C)',
      'rows[2].when.u.eq: expected a string, a finite number or a boolean, got NaN (row C)',
      'rows[2].when.v: exists: false holds where the field is missing, and then nothing else can hold (row C)',
      'rows[3].id: expected a text that is unique in the table, got undefined',
      'rows[3].because: expected a text, got 5',
      "rows[3].priority: is for hitPolicy priority, and this table's is first; got 1",
      'rows[3].when: expected conditions or a function (input, failure) => boolean, got 5',
      'rows[4]: expected a row { id, when, then }, got "row"',
      'rows[1].id: "A" is already the id of rows[0]: each row needs its own',
    ]);
  });

  test.each([
    ['no table', undefined, ['table: expected a table { name, version, rows }, got undefined']],
    ['no rows', { name: 't', version: '1' }, ['rows: expected a list of rows, got undefined']],
    [
      'collect without combine',
      { name: 't', version: '1', rows: [], hitPolicy: 'collect' },
      ['combine: collect needs a function (outputs) => output'],
    ],
    [
      'combine without collect',
      { name: 't', version: '1', rows: [], combine: () => 1 },
      ["combine: is for hitPolicy collect, and this table's is first"],
    ],
    [
      'priorities',
      {
        name: 't',
        version: '1',
        hitPolicy: 'priority',
        rows: [
          { id: 'A', when: {}, then: 1, priority: 1 },
          { id: 'B', when: {}, then: 1, priority: 1 },
          { id: 'C', when: {}, then: 1 },
        ],
      },
      [
        'rows[2].priority: expected a number, the higher goes first; got undefined (row C)',
        'rows[1].priority: 1 is already the priority of rows[0]: each row needs its own',
      ],
    ],
    [
      'outputs that cannot be kept',
      { name: 't', version: '1', otherwise: () => 1, rows: [{ id: 'A', when: {}, then: new URL('https://example.com') }] },
      [
        'rows[0].then: the output cannot be kept: it holds an instance of a class; let a row compute it by a function (row A)',
        'otherwise: the output cannot be kept: it holds a function; let a row compute it by a function',
      ],
    ],
    [
      'names that are no fields',
      { name: 't', version: '1', rows: [{ id: 'A', when: { 'a..b': { eq: 1 }, ['__proto__']: { eq: 1 } }, then: 1 }] },
      [
        'rows[0].when.a..b: expected the name of a field, or names with a dot between them (row A)',
        'rows[0].when.__proto__: expected the name of a field, or names with a dot between them (row A)',
      ],
    ],
  ])('%s', (_, table, problems) => {
    expect(problemsOf(() => rules(table as never))).toEqual(problems);
  });

  const contract = contractView({
    name: 'triage',
    input: z.object({
      radius: z.number(),
      band: z.enum(['young', 'old']),
      level: z.literal([1, 2]),
      tags: z.array(z.string()),
      note: z.string().nullish(),
      smoker: z.boolean(),
      home: z.object({ city: z.string() }),
      extra: z.unknown(),
    }),
    output: z.object({ p: z.number().max(1), label: z.enum(['x', 'y']) }),
  });
  const fits = (when: object, then: unknown = { p: 1, label: 'x' }): readonly string[] =>
    problemsOf(() => tierOf([{ id: 'A', when, then }]).check?.(contract));

  test.each([
    [{ radus: { gt: 1 } }, 'rows[0].when.radus: triage has no input field of this name, did you mean radius? (row A)'],
    [
      { home: { town: { eq: 'x' } } },
      'rows[0].when.home.town: triage has no input field of this name: its fields are radius, band, level, tags, note, smoker, home, home.city, extra (row A)',
    ],
    [{ radius: { eq: 'x' } }, 'rows[0].when.radius.eq: expected a number, got "x" (row A)'],
    [{ band: { in: ['young', 'odl'] } }, 'rows[0].when.band.in: "odl" is no value of the field, did you mean old? (row A)'],
    [{ band: { eq: 'ancient' } }, 'rows[0].when.band.eq: "ancient" is no value of the field: expected young, old (row A)'],
    [{ band: { gt: 1 } }, 'rows[0].when.band.gt: compares numbers, and the field is of type enum (row A)'],
    [
      { tags: { eq: 'x' } },
      'rows[0].when.tags.eq: the field is of type array, which only exists can test: use a function for the rest (row A)',
    ],
    [{ smoker: { ne: 'yes' } }, 'rows[0].when.smoker.ne: expected a boolean, got "yes" (row A)'],
    [{ note: { between: [1, 2] } }, 'rows[0].when.note.between: compares numbers, and the field is of type string (row A)'],
  ])('against a contract: %j', (when, problem) => {
    expect(fits(when)).toEqual([problem]);
  });

  test('what fits a contract passes', () => {
    expect(
      fits({
        radius: { gt: 1 },
        band: { in: ['old'] },
        level: { gte: 2 },
        tags: { exists: true },
        home: { city: { ne: 'x' } },
        'extra.deep': { gt: 1 },
      }),
    ).toEqual([]);
    const open = contractView({ name: 'open', input: z.looseObject({}), output: z.unknown() });
    expect(problemsOf(() => tierOf([{ id: 'A', when: { any: { eq: 1 } }, then: 1 }]).check?.(open))).toEqual([]);
  });

  test('outputs are checked against the contract, those of functions when they are made', () => {
    expect(fits({}, { p: 2, label: 'z' })).toEqual([
      expect.stringMatching(/^rows\[0\]\.then\.p: the output contract says: .*\(row A\)$/),
      expect.stringMatching(/^rows\[0\]\.then\.label: /),
    ]);
    expect(problemsOf(() => tierOf([], { otherwise: 5 }).check?.(contract))).toEqual([
      expect.stringMatching(/^otherwise: the output contract says: /),
    ]);
    expect(fits({}, () => 5)).toEqual([]);
  });
});

describe('replace', () => {
  const table = (version: string, then: unknown): Table => ({ name: 't', version, rows: [{ id: 'R', when: {}, then }] });
  const output = (tier: ReturnType<typeof tierOf>): unknown => {
    const answer = tier.answer({}, failure, call);
    return 'output' in answer ? answer.output : answer;
  };

  test('the next call is answered by the new table', () => {
    const tier = rules<Input, unknown>(table('1', 'old'));
    const next = table('2', 'new');
    tier.replace(next);
    expect([tier.version, tier.table, output(tier)]).toEqual(['2', next, 'new']);
  });

  test('an unsound table throws, and the old one stays', () => {
    const first = table('1', 'old');
    const tier = rules<Input, unknown>(first);
    expect(problemsOf(() => tier.replace({ ...table('2', 'new'), hitPolicy: 'frist' } as never))).toHaveLength(1);
    expect([tier.version, tier.table, output(tier)]).toEqual(['1', first, 'old']);
  });

  test('so does one that does not fit the contract of a model that uses the tier', () => {
    const tier = rules<Input, unknown>(table('1', 'x'));
    tier.check?.(contractView({ name: 'm', input: z.object({}), output: z.enum(['x', 'y']) }));
    expect(problemsOf(() => tier.replace(table('2', 'z')))).toEqual([
      expect.stringContaining('rows[0].then: the output contract says'),
    ]);
    tier.replace(table('3', 'y'));
    expect(output(tier)).toBe('y');
    // A model that is defined anew replaces its old contract.
    tier.check?.(contractView({ name: 'm', input: z.object({}), output: z.enum(['y', 'q']) }));
    tier.replace(table('4', 'q'));
    expect(output(tier)).toBe('q');
  });
});
