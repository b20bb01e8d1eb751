import type { Decision, Explanation, ServedBy } from './decision.ts';
import type { Prediction } from './prediction.ts';
import type { Step } from './plan.ts';
import { rulesOf } from './decision-event.ts';
import type { CallUsage } from '../types/index.ts';
import { factsOf } from './predictor-facts.ts';

/** A decision. A class, so that `explain` costs nothing until it is called. */
export class DecisionRecord implements Decision<unknown, unknown> {
  // `declare` and the constructor rather than fields: those would define each one twice (as in policies/attempt.ts).
  declare readonly id: string;
  declare readonly input: unknown;
  declare readonly output: unknown;
  declare readonly assigned: string;
  declare readonly servedBy: ServedBy<string>;
  declare readonly degraded: boolean;
  declare readonly reason: string;
  readonly #step: Step;
  readonly #prediction: Prediction;

  constructor(id: string, output: unknown, degraded: boolean, reason: string, step: Step, prediction: Prediction) {
    this.id = id;
    this.input = prediction.input;
    this.output = output;
    this.assigned = prediction.plan.assignment.variant;
    this.servedBy = step.servedBy;
    this.degraded = degraded;
    this.reason = reason;
    this.#prediction = prediction;
    this.#step = step;
  }

  get usage(): CallUsage | undefined {
    return this.#prediction.usage;
  }

  explain(): Explanation {
    const prediction = this.#prediction;
    const { assignment } = prediction.plan;
    const { known, version, document } = prediction.control;
    const first = prediction.failures?.[0];
    const { variant } = this.#step;
    const facts = variant === undefined ? undefined : factsOf(variant.predictor, () => undefined);
    return {
      decisionId: this.id,
      model: prediction.model,
      reason: this.reason,
      assignment: { variant: assignment.variant, probability: assignment.probability, reason: assignment.reason },
      attempts: prediction.attempts(this.#step),
      ...(first === undefined ? {} : { rescued: { code: first.code, message: first.message, from: first.from } }),
      ...(prediction.rules === undefined ? {} : { rules: rulesOf(prediction.rules) }),
      control: { known, version, pinned: document.pinned, isolated: document.isolated, paused: document.paused },
      ...(facts === undefined ? {} : { facts }),
      durationMs: prediction.durationMs,
    };
  }
}
