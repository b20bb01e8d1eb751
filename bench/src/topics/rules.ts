import { checkRules, rules } from '@understudy/core/rules';
import { seededRandom } from '@understudy/core/testing';
import * as z from 'zod';
import { cycle, smallRows } from '../contracts.ts';
import { measure, synchronously } from '../harness.ts';
import { summarise } from '../statistics.ts';
import { timeCells, type Table } from '../table.ts';
import type { Topic } from '../topic.ts';

const ROWS = 1000;
const FIELDS = ['radius', 'texture', 'area', 'smoothness'];

/** Boxes of random place and size over four fields: most rows meet many others, which is what makes a table hard to check. */
function boxes() {
  const random = seededRandom(11);
  return Array.from({ length: ROWS }, (_, row) => {
    const when = Object.fromEntries(
      FIELDS.map((field) => {
        const from = Math.floor(random() * 90);
        return [field, { between: [from, from + 1 + Math.floor(random() * 10)] }];
      }),
    );
    return { id: `R${row}`, when, then: { malignant: random() } };
  });
}

/** A table that divides the space: each row has its own cell of a grid. */
function grid() {
  const random = seededRandom(12);
  const cells = (row: number): number[] => [
    row % 10,
    Math.floor(row / 10) % 10,
    Math.floor(row / 100) % 5,
    Math.floor(row / 500),
  ];
  return Array.from({ length: ROWS }, (_, row) => {
    const widths = [10, 10, 20, 50];
    const when = Object.fromEntries(
      FIELDS.map((field, index) => {
        const width = widths[index] ?? 1;
        const from = (cells(row)[index] ?? 0) * width;
        return [field, from + width < 100 ? { gte: from, lt: from + width } : { gte: from }];
      }),
    );
    return { id: `R${row}`, when, then: { malignant: random() } };
  });
}

const contract = {
  name: 'bench',
  input: z.object(Object.fromEntries(FIELDS.map((field) => [field, z.number().min(0).max(100)]))),
  output: z.object({ malignant: z.number() }),
};

const small = rules<{ radius: number; texture: number; site: string }, { malignant: number }>({
  name: 'small',
  version: '1',
  rows: [
    { id: 'R1', when: { radius: { gte: 25 } }, then: { malignant: 0.95 } },
    { id: 'R2', when: { radius: { gte: 16.8 }, site: { in: ['left', 'both'] } }, then: { malignant: 0.9 } },
    { id: 'R3', when: { texture: { between: [30, 35] } }, then: { malignant: 0.6 } },
    { id: 'R4', when: { site: { eq: 'unknown' }, radius: { lt: 5 } }, then: { malignant: 0.2 } },
  ],
  otherwise: { malignant: 0.1 },
});
const failure = {
  code: 'CIRCUIT_OPEN',
  message: 'open',
  class: 'rejected',
  kind: 'unknown',
  from: 'v1',
  cause: undefined,
} as const;

/** Decision tables: checking a large one, asking a small one. */
export const ruleTables: Topic = {
  name: 'rules',
  async run(effort) {
    const next = cycle(smallRows);
    const answer = await measure({ small: synchronously(() => small.answer(next(), failure, { unit: '' })) }, effort);
    const tables = { boxes: { name: 'boxes', version: '1', rows: boxes() }, grid: { name: 'grid', version: '1', rows: grid() } };
    const check = await measure(
      {
        boxes: { ...synchronously(() => checkRules(tables.boxes, contract)), calls: 1 },
        grid: { ...synchronously(() => checkRules(tables.grid, contract)), calls: 1 },
      },
      { ...effort, rounds: Math.min(effort.rounds, 9) },
    );
    const found = (table: keyof typeof tables): string => {
      const { complete, findings, truncated } = checkRules(tables[table], contract);
      return `${findings.length} findings${truncated.length > 0 ? ', more not listed' : ''}${complete ? '' : ', budget ran out'}`;
    };
    const table: Table = {
      title: 'Decision tables',
      columns: ['case', 'time', 'middle half', ''],
      rows: [
        ['`answer` of a table of four rows', ...timeCells(summarise(answer.small)), ''],
        [
          '`checkRules`, 1,000 rows over 4 fields, random boxes that overlap',
          ...timeCells(summarise(check.boxes)),
          found('boxes'),
        ],
        ['`checkRules`, 1,000 rows over 4 fields, a grid without gaps', ...timeCells(summarise(check.grid)), found('grid')],
      ],
      notes: [],
      verdicts: [],
    };
    return [table];
  },
};
