import { PATIENCE_MS } from './calls.ts';
import { count, milliseconds, percent } from './numbers.ts';
import type { RunSummary } from './summary.ts';

/** What the table of the run does not show, a line of a terminal each. */
export function findings({ all, recovery, circuit, outcomes }: RunSummary): string[] {
  const { bare, understudy, shadow, spared } = all;
  const openings = circuit.filter(({ to }) => to === 'open').length;
  return [
    `Answered: a probability within ${PATIENCE_MS / 1000} s. p50, p99: until an answer or an error.`,
    `${count(bare.impossible)} bare calls took a number that is no probability for an answer.`,
    `Right: the model in ${percent(understudy.rightByModel, understudy.byModel)} of ${count(understudy.byModel)}, the rules in ${percent(understudy.rightByRules, understudy.byRules)} of ${count(understudy.byRules)} decisions.`,
    'Decisions of rules never count for the accuracy of the model.',
    `The circuit opened ${count(openings)} times and spared the server ${count(spared)} requests.`,
    `After the server's return: first answer in ${milliseconds(recovery.modelMs)} ms, circuit closed in ${milliseconds(recovery.circuitMs)} ms.`,
    `The challenger in shadow agreed with the champion in ${percent(shadow.agreements, shadow.pairs)} of ${count(shadow.pairs)} pairs.`,
    `${count(outcomes)} findings of pathologists were recorded as outcomes.`,
  ];
}
