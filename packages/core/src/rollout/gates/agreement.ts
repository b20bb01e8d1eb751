import { checkOptions, type Kinds, probability, required } from '../../errors/index.ts';
import { agreementTest } from '../pair-evidence.ts';
import type { ModelGate } from '../../types/index.ts';
import { GATE, type GateOptions, gateBase } from './gate-options.ts';

export interface AgreementOptions extends GateOptions {
  /** Share of inputs on which shadow and champion must agree, strictly between 0 and 1. */
  readonly minAgreement: number;
}

const AGREEMENT: Kinds<AgreementOptions> = { ...GATE, minAgreement: required(probability) };

/** Compares the challenger's outputs in shadow with the champion's, by the contract's target or the shadow's comparator. */
export function agreement(options: AgreementOptions): ModelGate {
  const { settings, problems } = checkOptions(options, AGREEMENT, {});
  return {
    ...gateBase('agreement', settings),
    problems,
    shadow: { source: { kind: 'agreement' }, test: () => agreementTest(settings.minAgreement) },
  };
}
