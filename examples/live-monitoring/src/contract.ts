import * as z from 'zod';
import { contract as biopsy } from '../../biopsy-triage/src/contract.ts';

export const SITES = ['east', 'north', 'south'] as const;

/** The biopsies of the example biopsy-triage, with the site that took them; one field may be missing, as it will be at nine. */
export const contract = {
  name: 'live-triage',
  input: biopsy.input.extend({ 'mean concavity': z.number().nonnegative().nullable(), site: z.enum(SITES) }),
  output: biopsy.output,
  target: biopsy.target,
  kpis: { minutesSaved: { better: 'higher' } },
} as const;

export type Scan = z.output<typeof contract.input>;
