import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import * as z from 'zod';
import { UnderstudyError } from '../errors/index.ts';
import type { Failure } from '../types/index.ts';
import type { RuleTable } from './rule-table.ts';
import { rulesFromJson, rulesToJson } from './rules-json.ts';
import { rules } from './rules.ts';

const contract = {
  name: 'triage',
  input: z.object({
    radius: z.number(),
    band: z.enum(['young', 'old']),
    note: z.string().optional(),
    home: z.object({ city: z.string(), rooms: z.int() }),
  }),
  output: z.object({ malignant: z.number(), why: z.string().optional() }),
};
const failure: Failure = { code: 'TIMEOUT', message: '', class: 'failed', kind: 'timeout', from: 'v1', cause: undefined };
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
const read = (json: unknown): unknown => rulesFromJson(json, contract);

describe('rulesFromJson', () => {
  test('reads a table that runs', () => {
    const text =
      '{"v":1,"name":"t","version":"3","rows":[{"id":"R","when":{"radius":{"gte":16.8},"home":{"city":{"eq":"Oslo"}}},"then":{"malignant":0.9},"because":"large"}],"otherwise":{"malignant":0.1}}';
    const tier = rules<z.output<typeof contract.input>, z.input<typeof contract.output>>(
      rulesFromJson(JSON.parse(text), contract),
    );
    expect(tier.answer({ radius: 17, band: 'old', home: { city: 'Oslo', rooms: 1 } }, failure, { unit: '' })).toEqual({
      output: { malignant: 0.9 },
      because: 'large',
      rows: ['R'],
    });
  });

  test('all problems at once: structure, contract and outputs', () => {
    const rows = [
      { id: 'A', when: { radius: { gte: 1 } }, then: { malignant: 'high' } },
      { id: 'B', when: { band: { eq: 'odl' }, 'home.rooms': { lt: 'x' } }, then: { malignant: 1 } },
      { id: 'C', when: { radius: { gtee: 16.8 }, raduis: { lt: 2 } } },
    ];
    expect(problemsOf(() => read({ v: 1, name: 't', version: '1', rows, otherwise: { malignant: 1, why: 2 } }))).toEqual([
      'rows[1].when.home.rooms.lt: compares numbers: expected a finite number, got "x" (row B)',
      'rows[2].when.radius.gtee: unknown operator, did you mean gte? (row C)',
      'rows[2].then: expected an output (row C)',
      expect.stringMatching(/^rows\[0\]\.then\.malignant: the output contract says: .* \(row A\)$/),
      'rows[1].when.band.eq: "odl" is no value of the field, did you mean old? (row B)',
      'rows[2].when.raduis: triage has no input field of this name, did you mean radius? (row C)',
      expect.stringMatching(/^otherwise\.why: the output contract says: /),
    ]);
  });

  test.each([
    ['a text', '{"v":1}', [': expected parsed JSON { v, name, version, rows }, got "{\\"v\\":1}"']],
    ['nothing', undefined, [': expected parsed JSON { v, name, version, rows }, got undefined']],
    ['a newer format', { v: 2, what: 'ever' }, ['v: expected 1, the one format that this version of the library reads, got 2']],
    [
      'no format',
      { name: 't', version: '1', rows: [] },
      ['v: expected 1, the one format that this version of the library reads, got undefined'],
    ],
  ])('%s is refused clearly', (_, json, problems) => {
    expect(problemsOf(() => read(json))).toEqual(problems);
  });

  test('collect takes its function from the code', () => {
    const json = { v: 1, name: 't', version: '1', hitPolicy: 'collect', rows: [] };
    expect(problemsOf(() => read(json))).toEqual(['combine: collect needs a function (outputs) => output']);
    const combine = (): { malignant: number } => ({ malignant: 0 });
    expect(rulesFromJson(json, contract, { combine })).toEqual({
      name: 't',
      version: '1',
      hitPolicy: 'collect',
      rows: [],
      combine,
    });
  });

  test('any Standard Schema: what cannot be introspected is not judged, outputs are', () => {
    const foreign = { name: 'f', input: v.object({ radius: v.number() }), output: v.object({ malignant: v.number() }) };
    const json = (malignant: unknown): object => ({
      v: 1,
      name: 't',
      version: '1',
      rows: [{ id: 'A', when: { what: { eq: 1 } }, then: { malignant } }],
    });
    expect(problemsOf(() => rulesFromJson(json(1), foreign))).toEqual([]);
    expect(problemsOf(() => rulesFromJson(json('x'), foreign))).toEqual([
      expect.stringContaining('rows[0].then.malignant: the output contract says'),
    ]);
  });
});

describe('rulesToJson', () => {
  type Table = RuleTable<z.output<typeof contract.input>, z.input<typeof contract.output>>;

  test('names every row that is code, and every output that JSON cannot hold', () => {
    const table: RuleTable<{ radius: number }, unknown> = {
      name: 't',
      version: '1',
      otherwise: Number.NaN,
      rows: [
        { id: 'A', when: () => true, then: () => ({ malignant: 1 }) },
        { id: 'B', when: {}, then: { at: new Date(0) } },
        { id: 'C', when: {}, then: { a: undefined } },
        { id: 'D', when: {}, then: { a: [null, 'x', true, 1] } },
      ],
    };
    expect(problemsOf(() => rulesToJson(table))).toEqual([
      'rows[0].when: a function cannot be written: use conditions (row A)',
      'rows[0].then: a function cannot be written: use a fixed output (row A)',
      'rows[1].then: JSON cannot hold this output (row B)',
      'rows[2].then: JSON cannot hold this output (row C)',
      'otherwise: JSON cannot hold this output',
    ]);
  });

  test('leaves combine to the code', () => {
    const table: Table = {
      name: 't',
      version: '1',
      hitPolicy: 'collect',
      combine: (outputs) => outputs[0] ?? { malignant: 0 },
      rows: [],
    };
    expect(rulesToJson(table)).toEqual({ v: 1, name: 't', version: '1', hitPolicy: 'collect', rows: [] });
  });

  test('round trip', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    const bounds = fc.tuple(number, number).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    const numeric = fc.oneof(
      fc.record(
        {
          gt: number,
          gte: number,
          lt: number,
          lte: number,
          eq: number,
          ne: number,
          between: bounds,
          in: fc.array(number, { minLength: 1 }),
        },
        { requiredKeys: ['gt'] },
      ),
      fc.record({ exists: fc.boolean() }),
    );
    const text = fc.record(
      { in: fc.array(fc.string(), { minLength: 1 }), notIn: fc.array(fc.string(), { minLength: 1 }), ne: fc.string() },
      { requiredKeys: ['in'] },
    );
    const when = fc.record(
      {
        radius: numeric,
        band: fc.record({ eq: fc.constantFrom('young', 'old') }),
        note: text,
        home: fc.record({ city: text, rooms: numeric }),
        'home.city': text,
      },
      { requiredKeys: [] },
    );
    const output = fc.record({ malignant: number, why: fc.string() }, { requiredKeys: ['malignant'] });
    const row = fc.record(
      { when, then: output, because: fc.string(), priority: fc.integer() },
      { requiredKeys: ['when', 'then', 'priority'] },
    );
    const table = fc
      .tuple(fc.uniqueArray(row, { selector: ({ priority }) => priority }), fc.boolean(), fc.option(output, { nil: undefined }))
      .map(([rows, ranked, otherwise]) =>
        Object.assign(
          {
            name: 't',
            version: '1',
            rows: rows.map(({ priority, ...rest }, index) =>
              Object.assign(rest, { id: `R${index}` }, ranked ? { priority } : {}),
            ),
          },
          ranked ? { hitPolicy: 'priority' } : {},
          otherwise === undefined ? {} : { otherwise },
        ),
      );
    fc.assert(
      fc.property(table, (original) => {
        const text = JSON.stringify(rulesToJson(original as Table));
        expect(rulesFromJson(JSON.parse(text), contract)).toEqual(original);
      }),
      { seed: 20_261_121 },
    );
  });
});
