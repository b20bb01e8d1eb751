import type { Biopsy } from '../../biopsy-triage/src/biopsies.ts';
import type { Scan } from './contract.ts';

/** What is wrong during a phase. */
export interface Fault {
  /** What becomes of an input on its way to the model. */
  readonly input?: (scan: Scan, chance: number) => Scan;
  /** What the pathologist reports from now on. */
  readonly malignant?: (biopsy: Biopsy) => boolean;
}

export interface Phase {
  readonly name: string;
  readonly what: string;
  /** When it begins and ends, in hours of the day. */
  readonly from: number;
  readonly to: number;
  readonly fault?: Fault;
  /** The monitor that cannot see it, and says so. */
  readonly unseenBy?: string;
}

/** Fields that the new camera changes. */
export const SHIFTED = ['mean smoothness', 'mean symmetry', 'mean fractal dimension'] as const;
export const BROKEN = 'mean concavity';
export const STUCK = 'symmetry error';
export const BIASED_SITE = 'south';

const scaled = (scan: Scan, factor: number, fields: readonly (keyof Scan)[]): Scan => ({
  ...scan,
  ...Object.fromEntries(fields.map((field) => [field, Number(scan[field]) * factor])),
});

const LENGTHS = ['mean radius', 'mean perimeter', 'worst radius', 'worst perimeter', 'radius error', 'perimeter error'] as const;
const AREAS = ['mean area', 'worst area', 'area error'] as const;

export const PHASES: readonly Phase[] = [
  { name: 'normal', what: 'Nothing is wrong.', from: 0, to: 4 },
  {
    name: 'covariate shift',
    what: `A new camera: ${SHIFTED.join(', ')} are 15 % higher. The model is as good as before.`,
    from: 4,
    to: 6,
    fault: { input: (scan) => scaled(scan, 1.15, SHIFTED) },
  },
  { name: 'camera replaced', what: 'The old camera is back.', from: 6, to: 9 },
  {
    name: 'broken field',
    what: `An upstream job fails: in three of ten inputs ${BROKEN} is null, and ${STUCK} is stuck at 0.02.`,
    from: 9,
    to: 10,
    fault: {
      input: (scan, chance) => ({ ...scan, [STUCK]: 0.02, ...(chance < 0.3 ? { [BROKEN]: null } : {}) }),
    },
  },
  { name: 'job repaired', what: 'The upstream job is repaired.', from: 10, to: 12 },
  {
    name: 'concept drift',
    what: 'A new guideline: a mean texture above 20 is reported as malignant too. Inputs stay as they were.',
    from: 12,
    to: 15,
    fault: { malignant: ({ input, malignant }) => malignant || input['mean texture'] > 20 },
    unseenBy: 'estimatedPerformance',
  },
  { name: 'guideline withdrawn', what: 'The old guideline holds again.', from: 15, to: 19 },
  {
    name: 'biased segment',
    what: `The scanner of site ${BIASED_SITE} measures lengths a third too short.`,
    from: 19,
    to: 22,
    fault: {
      input: (scan) => (scan.site === BIASED_SITE ? scaled(scaled(scan, 2 / 3, LENGTHS), 4 / 9, AREAS) : scan),
    },
  },
  { name: 'scanner repaired', what: 'The scanner is calibrated again.', from: 22, to: 24 },
];
