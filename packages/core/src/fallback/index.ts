export type { ContractSchemas } from '../contract/contract-view.ts';
export { always, type AlwaysOptions } from './always.ts';
export { checkRules, type CheckRulesOptions, type RulesReport } from './check-rules.ts';
export type { UntypedTable } from './read-table.ts';
export type { RuleFinding, RuleFindingKind } from './rule-finding.ts';
export type { Condition, Conditions, HitPolicy, Late, RuleRow, RuleTable, Scalar } from './rule-table.ts';
export { type RulesJson, rulesFromJson, rulesToJson } from './rules-json.ts';
export { rules, type RulesTier } from './rules.ts';
