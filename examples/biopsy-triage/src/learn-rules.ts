/**
 * Learns the decision table from the reference rows: of all pairs of features, the two thresholds that together separate
 * malignant from benign with the fewest errors. The test rows are only looked at to say how good it is.
 */
import { writeFileSync } from 'node:fs';
import { checkRules, type RulesJson } from '@understudy/core/rules';
import { type Biopsy, referenceBiopsies, testBiopsies } from './biopsies.ts';
import { contract, type Feature, FEATURES } from './contract.ts';
import { ruleAccuracy } from './rule-accuracy.ts';

interface Cut {
  readonly feature: Feature;
  readonly from: number;
  /** For each reference row whether its value is at least `from`. */
  readonly above: readonly boolean[];
}

/** A threshold at every hundredth row, three digits each: a rule should be easy to say. */
function cutsOf(feature: Feature, rows: readonly Biopsy[]): Cut[] {
  const values = rows.map(({ input }) => input[feature]).sort((a, b) => a - b);
  const steps = Array.from({ length: 99 }, (_, step) => values[Math.floor(((step + 1) / 100) * values.length)] ?? 0);
  const froms = new Set(steps.map((value) => Number(value.toPrecision(3))));
  return [...froms].map((from) => ({ feature, from, above: rows.map(({ input }) => input[feature] >= from) }));
}

function bestPair(rows: readonly Biopsy[]): [Cut, Cut] {
  const cuts = FEATURES.map((feature) => cutsOf(feature, rows));
  const malignant = rows.map((row) => row.malignant);
  let best: [Cut, Cut] | undefined;
  let fewest = rows.length;
  for (const [index, firsts] of cuts.entries()) {
    for (const first of firsts) {
      for (const second of cuts.slice(index + 1).flat()) {
        let errors = 0;
        for (let row = 0; row < malignant.length && errors < fewest; row++) {
          if ((first.above[row] || second.above[row]) !== malignant[row]) errors++;
        }
        if (errors < fewest) [fewest, best] = [errors, [first, second]];
      }
    }
  }
  if (best === undefined) throw new Error('No pair of thresholds separates anything.');
  return best;
}

/** Share of malignant rows, smoothed (Laplace) so that no rule claims certainty. */
function shareOf(rows: readonly Biopsy[]): { malignant: number } {
  return { malignant: Number(((rows.filter(({ malignant }) => malignant).length + 1) / (rows.length + 2)).toFixed(2)) };
}

const reference = referenceBiopsies();
const [first, second] = bestPair(reference);
const [a, b] = [first.feature, second.feature];
const large = reference.filter((_, row) => first.above[row]);
const dented = reference.filter((_, row) => !first.above[row] && second.above[row]);
const neither = reference.filter((_, row) => !first.above[row] && !second.above[row]);

const table: RulesJson = {
  v: 1,
  name: 'triage-rules',
  version: '1.0.0',
  rows: [
    { id: 'R1', when: { [a]: { gte: first.from } }, then: shareOf(large), because: `${a} of ${first.from} or more` },
    { id: 'R2', when: { [b]: { gte: second.from } }, then: shareOf(dented), because: `${b} of ${second.from} or more` },
    {
      id: 'R3',
      when: { [a]: { lt: first.from }, [b]: { lt: second.from } },
      then: shareOf(neither),
      because: `${a} and ${b} are both low`,
    },
  ],
};
writeFileSync(new URL('../rules.json', import.meta.url), `${JSON.stringify(table, null, 2)}\n`);

const { ruleTable } = await import('./rule-table.ts');
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const gaps = checkRules(ruleTable, contract).findings.filter(({ severity }) => severity !== 'info');
console.log(`rules.json: ${table.rows.map(({ id, because }) => `${id} ${because}`).join('; ')}.`);
console.log(`Accuracy: ${percent(ruleAccuracy(ruleTable, reference))} of the ${reference.length} reference rows,`);
console.log(`          ${percent(ruleAccuracy(ruleTable, testBiopsies()))} of the test rows.`);
console.log(gaps.length === 0 ? 'checkRules: no gap, no unreachable row, no type error.' : gaps);
