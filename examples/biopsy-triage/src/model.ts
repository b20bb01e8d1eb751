import { circuitBreaker, openInference, retry, rules, timeout, type Understudy } from '@understudy/core';
import { onnx } from '@understudy/node/onnx';
import { contract, FEATURES } from './contract.ts';
import { ruleTable } from './rule-table.ts';

/** How both models are asked, and how their tensors become an output: class 0 is malignant. */
const tensors = {
  features: FEATURES,
  inputName: 'x',
  outputs: { probabilities: 'float32' },
  output: ({ probabilities }: { readonly probabilities: { readonly data: ArrayLike<number> } }) => ({
    malignant: probabilities.data[0],
  }),
} as const;

/** The model as its users call it. Everything that the demo shows is declared here. */
export function defineTriage(understudy: Understudy, url: string) {
  return understudy.defineModel(contract, {
    variants: {
      champion: {
        version: '1.0.0',
        predictor: openInference({ url, model: 'biopsy-triage', ...tensors }),
        // The circuit stays open for half a second, not for up to a minute: the demo has half a minute in all.
        policies: [timeout({ ms: 400 }), retry({ attempts: 2, baseMs: 20 }), circuitBreaker({ openMs: 500, maxOpenMs: 500 })],
      },
      challenger: {
        version: '2.0.0',
        predictor: onnx({ path: new URL('../data/challenger.onnx', import.meta.url), ...tensors }),
      },
    },
    champion: 'champion',
    // The challenger answers beside the champion and is compared with it; nobody is given its answers yet.
    shadow: { challenger: { maxPerMinute: 60_000 } },
    fallback: [rules(ruleTable)],
  });
}

export type TriageModel = ReturnType<typeof defineTriage>;
