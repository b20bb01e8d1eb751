import { readFileSync } from 'node:fs';
import { fitIsotonic, isotonicValue } from '@understudy/core/statistics';
import { onnx } from '@understudy/node/onnx';
import { FEATURES } from '../../biopsy-triage/src/contract.ts';

const DATA = new URL('../../biopsy-triage/data/', import.meta.url);

interface Rows {
  /** 0: malignant. */
  readonly labels: readonly number[];
  /** Probability of benign, by the champion. */
  readonly champion_p1: readonly number[];
}

const { labels, champion_p1: benign } = JSON.parse(readFileSync(new URL('rows.json', DATA), 'utf8')) as Rows;

/**
 * The champion's scores as probabilities. The 228 biopsies are all the world of this example, so it is calibrated on them, as a
 * team calibrates on last month's outcomes: no accuracy seen here is an estimate of any other.
 */
const calibration = fitIsotonic(
  benign.map((probability) => 1 - probability),
  labels.map((label) => Number(label === 0)),
);

const calibrated = (score: number | undefined): number => isotonicValue(calibration, score ?? Number.NaN);

/** In process, and calibrated. Class 0 is malignant. */
const model = onnx({
  path: new URL('champion.onnx', DATA),
  features: FEATURES,
  inputName: 'x',
  outputs: { probabilities: 'float32' },
  output: ({ probabilities }) => ({ malignant: calibrated(probabilities.data[0]) }),
});

const running = new Set<Promise<unknown>>();

/** The model; {@link championIdle} knows what runs. */
export const champion: typeof model = Object.assign((...call: Parameters<typeof model>) => {
  const answer = Promise.resolve(model(...call)).finally(() => running.delete(answer));
  running.add(answer);
  return answer;
}, model);

/** Resolves when no call of the model runs. */
export const championIdle = (): Promise<unknown> => Promise.allSettled(running);

/** What the champion answers to the 228 biopsies, in their order: for the profile. */
export const expectedOutputs: readonly { readonly malignant: number }[] = benign.map((probability) => ({
  malignant: calibrated(1 - probability),
}));
