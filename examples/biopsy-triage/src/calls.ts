import type { Biopsy } from './biopsies.ts';
import { FEATURES, isMalignant } from './contract.ts';
import type { TriageModel } from './model.ts';

/** The patience of a caller, in milliseconds: an answer that takes longer is none. */
export const PATIENCE_MS = 1000;

/**
 * How a call ended for its caller: answered by the `model` or by the `rules`; given a number that is no probability and looks
 * like an answer (`impossible`); or with `none`.
 */
export type Ending = 'model' | 'rules' | 'impossible' | 'none';

export interface Result {
  readonly ending: Ending;
  /** Whether the answer was what the pathologist found. */
  readonly right: boolean;
}

const NO_ANSWER: Result = { ending: 'none', right: false };

/** The call as Understudy makes it. What the pathologist found is recorded for the decision. */
export async function understudyCall(triage: TriageModel, { input, malignant }: Biopsy): Promise<Result> {
  try {
    const decision = await triage.predict(input, { deadlineMs: PATIENCE_MS });
    void triage.recordOutcome(decision.id, { truth: { malignant: Number(malignant) } });
    return {
      ending: decision.servedBy.tier === 'rules' ? 'rules' : 'model',
      right: isMalignant(decision.output.malignant) === malignant,
    };
  } catch {
    return NO_ANSWER;
  }
}

/** The call as it is made without: one fetch to the same server, and the number that comes back. */
export async function bareCall(url: string, { input, malignant }: Biopsy): Promise<Result> {
  try {
    const tensor = { name: 'x', shape: [1, FEATURES.length], datatype: 'FP32', data: FEATURES.map((feature) => input[feature]) };
    const response = await fetch(`${url}/v2/models/biopsy-triage/infer`, {
      method: 'POST',
      body: JSON.stringify({ inputs: [tensor], outputs: [{ name: 'probabilities' }] }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const { outputs } = (await response.json()) as { outputs: readonly [{ data: readonly [number] }] };
    const probability = outputs[0].data[0];
    if (probability < 0 || probability > 1) return { ending: 'impossible', right: false };
    return { ending: 'model', right: isMalignant(probability) === malignant };
  } catch {
    return NO_ANSWER;
  }
}
