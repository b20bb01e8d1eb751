import { readProperty, UnderstudyError } from '../errors/index.ts';
import { ownErrorOf } from '../policies/classify.ts';
import type { Failure } from '../types/index.ts';
import type { Step } from './plan.ts';
import type { Prediction } from './prediction.ts';

/** Why a decision is what it is, in one sentence, with the failure that was rescued. `forEvent`: without content. */
export function reasonOf({ plan, failures }: Prediction, step: Step, forEvent = false): string {
  const first = failures?.find((failure) => failure.from === plan.assignment.variant) ?? failures?.[0];
  if (first === undefined) return plan.reason;
  const why = forEvent ? first.eventMessage : first.message;
  if (step === plan.steps[0]) return `${plan.reason} It served at another attempt, after: ${why}`;
  const server = step.variant === undefined ? `${step.tier} "${step.name}"` : step.name;
  return `${server} served in place of ${plan.assignment.variant}, after: ${why}`;
}

/** Why nothing served, for the event: tiers and codes, without content. */
export function unservedReason({ model, failures }: Prediction): string {
  const told = (failures ?? []).map(({ from, code }) => `${from}: ${code}`).join(', ');
  return `Nothing could serve model "${model}": ${told}.`;
}

/** What a call rejects with when no tier could serve. */
export function nothingServed(prediction: Prediction): UnderstudyError {
  const { model, inputFault, blocked } = prediction;
  if (inputFault !== undefined) return inputFault;
  if (blocked !== undefined) return blocked;
  const failures: readonly Failure[] = prediction.failures ?? [];
  const last = failures.at(-1);
  if (failures.length > 0 && failures.every(({ code }) => code === 'PAUSED')) {
    const message = `${last?.message ?? ''} None of its tiers serves without a model: name rules() or always() as a fallback.`;
    return new UnderstudyError('PAUSED', message, { retryable: true, details: { model } });
  }
  const told = failures.map(({ from, code, message }) => `\n  ${from}: ${code}: ${message}`).join('');
  const remedy = 'Name a tier that cannot fail as the last fallback: rules() with an otherwise, or always().';
  return new UnderstudyError('NOTHING_SERVED', `Nothing could serve model "${model}":${told}\n${remedy}`, {
    // What a model threw says more than that a table had no row.
    cause: (failures.findLast(({ code }) => code !== 'ABSTAINED') ?? last)?.cause,
    retryable: failures.some(isRetryable),
    details: {
      model,
      variant: prediction.plan.assignment.variant,
      failures: failures.map(({ code, message, from, class: resultClass }) => ({ code, message, from, class: resultClass })),
    },
  });
}

/** Whether the same call may be answered another time: errors of ours say so, others by their class. */
function isRetryable({ class: resultClass, cause }: Failure): boolean {
  const own = ownErrorOf(cause);
  return resultClass !== 'caller-error' && (own === undefined || readProperty(own, 'retryable') === true);
}
