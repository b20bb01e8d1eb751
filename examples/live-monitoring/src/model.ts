import { readFileSync } from 'node:fs';
import { rules, type Understudy } from '@understudy/core';
import { profileFromRows } from '@understudy/core/monitors';
import { rulesFromJson } from '@understudy/core/rules';
import { testBiopsies } from '../../biopsy-triage/src/biopsies.ts';
import { champion, expectedOutputs } from './champion.ts';
import { contract, SITES } from './contract.ts';
import { monitorsOf } from './monitors.ts';

const ruleTable = rulesFromJson(
  JSON.parse(readFileSync(new URL('../../biopsy-triage/rules.json', import.meta.url), 'utf8')),
  contract,
);

/** What live traffic is compared with: the 228 biopsies, in turn from each site, and the champion's answers to them. */
const referenceProfile = () =>
  profileFromRows(
    testBiopsies().map(({ input }, at) => ({
      input: { ...input, site: SITES[at % SITES.length] },
      output: expectedOutputs[at],
    })),
    contract,
  );

export async function defineTriage(understudy: Understudy) {
  return understudy.defineModel(contract, {
    variants: { logistic: { version: '1.0.0', predictor: champion } },
    champion: 'logistic',
    fallback: [rules(ruleTable)],
    monitors: monitorsOf(await referenceProfile()),
  });
}

export type TriageModel = Awaited<ReturnType<typeof defineTriage>>;
