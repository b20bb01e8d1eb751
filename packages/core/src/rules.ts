/**
 * Rules as a fallback: tables, their checker, and tables as JSON.
 *
 * @module
 */
export { always, type AlwaysOptions } from './fallback/always.ts';
export { checkRules, type CheckRulesOptions, type RulesReport } from './fallback/check-rules.ts';
export type { UntypedTable } from './fallback/read-table.ts';
export type { RuleFinding, RuleFindingKind } from './fallback/rule-finding.ts';
export type { Condition, Conditions, HitPolicy, RuleRow, RuleTable } from './fallback/rule-table.ts';
export { rulesFromJson, type RulesJson, rulesToJson } from './fallback/rules-json.ts';
export { rules, type RulesTier } from './fallback/rules.ts';
export type { ContractView } from './types/contract-view.ts';
export type { Failure } from './types/failure.ts';
export type { Tier, TierAnswer } from './types/tier.ts';
