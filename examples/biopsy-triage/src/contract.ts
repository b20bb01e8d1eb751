import * as z from 'zod';

const MEASURES = [
  'radius',
  'texture',
  'perimeter',
  'area',
  'smoothness',
  'compactness',
  'concavity',
  'concave points',
  'symmetry',
  'fractal dimension',
] as const;
type Measure = (typeof MEASURES)[number];

/** A measure of the cell nuclei in one image: its mean, its standard error, and the mean of the three worst nuclei. */
export type Feature = `mean ${Measure}` | `${Measure} error` | `worst ${Measure}`;

/** The 30 features in the order of the columns that both models were trained on. */
export const FEATURES: readonly Feature[] = [
  ...MEASURES.map((measure) => `mean ${measure}` as const),
  ...MEASURES.map((measure) => `${measure} error` as const),
  ...MEASURES.map((measure) => `worst ${measure}` as const),
];

const fields = Object.fromEntries(FEATURES.map((feature) => [feature, z.number().nonnegative()])) as Record<Feature, z.ZodNumber>;

/** What goes in, and what must come out, whoever answers. */
export const contract = {
  name: 'biopsy-triage',
  input: z.object(fields),
  output: z.object({ malignant: z.number().min(0).max(1) }),
  target: { kind: 'probability', field: 'malignant', positiveAt: 0.5 },
} as const;

export type Nuclei = z.output<typeof contract.input>;
export type Triage = z.output<typeof contract.output>;

/** The probability as a label, by the contract's target. */
export const isMalignant = (probability: number): boolean => probability >= contract.target.positiveAt;
