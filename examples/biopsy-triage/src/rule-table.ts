import { readFileSync } from 'node:fs';
import { rulesFromJson } from '@understudy/core/rules';
import { contract } from './contract.ts';

/** The decision table that `learn-rules.ts` has written, checked against the contract. */
export const ruleTable = rulesFromJson(JSON.parse(readFileSync(new URL('../rules.json', import.meta.url), 'utf8')), contract);
