import { rules, type RuleTable } from '@understudy/core';
import type { Biopsy } from './biopsies.ts';
import { isMalignant, type Nuclei, type Triage } from './contract.ts';

/** Our rules ask nothing of the failure that they rescue. */
const ANY_FAILURE = {
  code: 'NOTHING_SERVED',
  message: '',
  class: 'rejected',
  kind: 'unknown',
  from: '',
  cause: undefined,
} as const;

/** Share of the biopsies that the table alone gets right. One that it abstains from is wrong. */
export function ruleAccuracy(table: RuleTable<Nuclei, Triage>, biopsies: readonly Biopsy[]): number {
  const tier = rules<Nuclei, Triage>(table);
  const right = biopsies.filter(({ input, malignant }) => {
    const answer = tier.answer(input, ANY_FAILURE, { unit: '' });
    return 'output' in answer && isMalignant(answer.output.malignant) === malignant;
  });
  return right.length / biopsies.length;
}
