import { agreementTest } from '../pair-evidence.ts';
import type { AnyModelGate } from './error-rate.ts';
import { type GateOptions, gateBase, optionProblems } from './gate-options.ts';

export interface AgreementOptions extends GateOptions {
  /** Share of inputs on which shadow and champion must agree, strictly between 0 and 1. */
  readonly minimum: number;
}

/** Compares the challenger's outputs in shadow with the champion's, by the contract's target or the shadow's comparator. */
export function agreement(options: AgreementOptions): AnyModelGate {
  const { minimum } = options;
  return {
    ...gateBase('agreement', options),
    problems: optionProblems([minimum > 0 && minimum < 1, 'minimum', 'a fraction strictly between 0 and 1', minimum]),
    shadow: { source: { kind: 'agreement' }, test: () => agreementTest(minimum) },
  };
}
