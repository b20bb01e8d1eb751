import { introspect } from '../contract/introspect.ts';
import type { DeclaredSetting, OutcomePart } from '../monitors/index.ts';
import type { AnyContract, AnyOptions } from './any-definition.ts';
import type { Outcome } from './model-api.ts';

/** What monitors are told of their model when it is defined. */
export function monitorSetting(contract: AnyContract, options: AnyOptions): DeclaredSetting {
  const { target, kpis = {} } = contract;
  return {
    model: contract.name,
    target: target === undefined ? undefined : { kind: target.kind, field: target.field, positiveAt: target.positiveAt ?? 0.5 },
    input: introspect(contract.input, 'output'),
    output: introspect(contract.output, 'output'),
    kpis: Object.fromEntries(Object.entries(kpis).map(([name, { better }]) => [name, better])),
    variants: Object.keys(options.variants),
    champion: options.champion,
  };
}

/** An outcome, as monitors read it. */
export function monitoredOutcome(outcome: Outcome<unknown, unknown, unknown, string>, at: number): OutcomePart {
  if ('truth' in outcome) return { at, truth: { value: outcome.truth } };
  return { at, ...outcome };
}
