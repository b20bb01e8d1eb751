import { readFileSync } from 'node:fs';
import { FEATURES, type Nuclei } from './contract.ts';

export interface Biopsy {
  readonly input: Nuclei;
  /** What the pathologist found. */
  readonly malignant: boolean;
}

type Rows = readonly (readonly number[])[];
type Labels = readonly number[];

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../data/${file}`, import.meta.url), 'utf8'));
}

function biopsies(rows: Rows, labels: Labels): readonly Biopsy[] {
  return rows.map((row, index) => ({
    input: Object.fromEntries(FEATURES.map((feature, column) => [feature, row[column]])) as Nuclei,
    malignant: labels[index] === 0,
  }));
}

/** The 228 rows that no model has seen: the demo replays these. */
export function testBiopsies(): readonly Biopsy[] {
  const { rows, labels } = read('rows.json') as { rows: Rows; labels: Labels };
  return biopsies(rows, labels);
}

/** The 341 rows that the models were trained on, and the rules were learned from. */
export function referenceBiopsies(): readonly Biopsy[] {
  const { reference_rows_train: rows, labels } = read('reference.json') as { reference_rows_train: Rows; labels: Labels };
  return biopsies(rows, labels);
}
