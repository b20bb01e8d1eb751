import { SHARED } from '../control/shared-keys.ts';
import type { RolloutCell } from '../routing/assignment.ts';
import { type Exposure, NO_UNIT } from '../routing/decision-id.ts';
import { textHash } from '../routing/word-hex.ts';
import type { SharedDecisions } from '../control/shared-decisions.ts';
import type { GateSource } from '../types/index.ts';
import type { DecisionMemory, RememberedDecision } from './decision-memory.ts';
import type { EvidenceBook, NamedMeasure } from './evidence-book.ts';
import type { AnyGate } from './rollout-options.ts';
import type { Claim } from './unit-claims.ts';

/** A gate that measures outcomes, in one phase. */
export type OutcomeGate = NamedMeasure & { readonly maturityMs: number; readonly phase: 'canary' | 'shadow' };

/** An outcome that may be evidence. */
export interface RolloutOutcome {
  readonly id: string;
  readonly exposure: Exposure;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly truth?: { readonly value: unknown };
  readonly kpi?: Readonly<Record<string, number | undefined>>;
  /** The decision itself, where the caller passes it along. */
  readonly decision?: { readonly input: unknown; readonly output: unknown } | undefined;
}

/** A shadow of the challenger, compared with what the champion's model tier served. */
export interface ShadowPair {
  readonly id: string;
  /** Hash of the unit, as ids carry it. */
  readonly unitHash: string;
  readonly input: unknown;
  readonly served: unknown;
  readonly shadow: unknown;
  readonly agrees: boolean;
}

/** @param better the contract's direction of a KPI */
export function outcomeGates(gates: readonly AnyGate[], better: (kpi: string) => 'higher' | 'lower'): readonly OutcomeGate[] {
  return gates.flatMap(({ name, canary, shadow, maturityMs = 0 }) =>
    (['canary', 'shadow'] as const).flatMap((phase) => {
      const measure = phase === 'canary' ? canary : shadow;
      if (measure === undefined || measure.source.kind === 'call') return [];
      const direction = measure.source.kind === 'kpi' ? better(measure.source.kpi) : 'higher';
      return [{ gate: name, measure, better: direction, maturityMs, phase }];
    }),
  );
}

/** What outcomes and shadow pairs are worth to the gates, each as a claim that counts once. */
export class OutcomeClaims {
  readonly #gates: readonly OutcomeGate[];
  readonly wantsTruth: boolean;
  /** Whether any gate waits for outcomes. */
  readonly wantsOutcomes: boolean;
  readonly #memory: DecisionMemory;
  readonly #sharing: SharedDecisions | undefined;
  /** Truths whose decision was not known any more. */
  unscored = 0;

  /** @param sharing keeps decisions for the other processes too */
  constructor(gates: readonly OutcomeGate[], memory: DecisionMemory, sharing: SharedDecisions | undefined) {
    this.#gates = gates;
    this.#memory = memory;
    this.#sharing = sharing;
    this.wantsTruth = gates.some(({ measure }) => measure.source.kind === 'truth');
    this.wantsOutcomes = gates.some(({ measure }) => measure.source.kind !== 'agreement');
  }

  /** For how long an outcome may be evidence, in milliseconds. @param mostMs as the model waits for outcomes */
  awaitedMs(mostMs: number): number {
    const windows = this.#gates.flatMap(({ measure, maturityMs }) => (measure.source.kind === 'agreement' ? [] : [maturityMs]));
    // Twice the window: a cohort closes some time after the window of its first decision.
    return windows.includes(0) || windows.length === 0 ? mostMs : Math.min(mostMs, 2 * Math.max(...windows));
  }

  /** Keeps a decision until its truth is known, where a gate will ask for it. */
  remember(id: string, input: unknown, output: unknown, shadow?: { readonly output: unknown }): void {
    if (!this.wantsTruth) return;
    const decision = { input, output, shadow };
    this.#memory.remember(id, decision);
    this.#sharing?.put(id + SHARED.content, decision);
  }

  /** Whether a gate will ask for a decision that is not known here, and may be in the store. */
  lacks({ id, truth, decision }: RolloutOutcome): boolean {
    const isAsked = this.wantsTruth && this.#sharing !== undefined && truth !== undefined;
    return isAsked && decision === undefined && this.#memory.recall(id) === undefined;
  }

  /** Looks for it in the store, now or a little later; whether it was found. */
  async find(id: string, when: 'now' | 'later'): Promise<boolean> {
    const key = id + SHARED.content;
    const found = when === 'now' ? await this.#sharing?.recall(key) : await this.#sharing?.recallLater(key);
    if (typeof found !== 'object' || found === null || !('output' in found)) return false;
    const { input, output, shadow } = found as Partial<RememberedDecision>;
    this.#memory.remember(id, { input, output, shadow });
    return true;
  }

  /** The first decision of a unit in a stage was served by its variant: its outcomes are awaited. @param at in milliseconds since the Unix epoch */
  awaits({ stage, onChallenger }: RolloutCell, at: number, book: EvidenceBook): void {
    for (const gate of this.#gates) if (gate.phase === 'canary') book.stage(stage).entry(gate).await(onChallenger, at);
  }

  /**
   * The claim of a shadow pair.
   *
   * @param at milliseconds since the Unix epoch
   * @param counted told with the unit when it is its first pair
   */
  ofPair({ id, unitHash, agrees }: ShadowPair, book: EvidenceBook, at: number, counted: (member: string) => void): Claim {
    const stage = book.stage(0);
    const member = `0${unitHash === NO_UNIT ? textHash(id) : unitHash}`;
    return {
      set: 'pairs',
      member,
      armMember: undefined,
      apply: () => {
        stage.unit(false);
        for (const gate of this.#gates) {
          if (gate.measure.source.kind !== 'agreement') continue;
          stage.entry(gate).add(agrees ? 1 : 0, false, 0.5);
          book.seen(gate.gate, at);
        }
        counted(member);
      },
      twice: () => undefined,
    };
  }

  /**
   * The claims of an outcome, one a gate that has a value of it.
   *
   * @param probability with which its unit went to the challenger
   */
  ofOutcome(outcome: RolloutOutcome, onChallenger: boolean, probability: number, book: EvidenceBook): readonly Claim[] {
    const { id, exposure, at } = outcome;
    const phase = exposure.stage === 0 ? 'shadow' : 'canary';
    const member = exposure.stage.toString(16) + (exposure.unitHash === NO_UNIT ? textHash(id) : exposure.unitHash);
    return this.#gates.flatMap((gate): Claim[] => {
      const { maturityMs } = gate;
      if (gate.phase !== phase || (maturityMs > 0 && at - exposure.at > maturityMs)) return [];
      const value = this.#valueOf(gate.measure.source, outcome, phase);
      if (value === undefined) return [];
      const entry = book.stage(exposure.stage).entry(gate);
      const apply = (): void => {
        entry.add(value, onChallenger, probability, exposure.at);
        book.seen(gate.gate, at);
      };
      return [{ set: gate.gate, member, armMember: undefined, apply, twice: () => undefined }];
    });
  }

  #valueOf(source: GateSource, outcome: RolloutOutcome, phase: 'canary' | 'shadow'): number | undefined {
    if (source.kind === 'kpi') return outcome.kpi?.[source.kpi];
    const { id, truth } = outcome;
    if (source.kind !== 'truth' || truth === undefined) return undefined;
    const known = this.#memory.recall(id);
    const shown =
      known ?? (phase === 'canary' && outcome.decision !== undefined ? { ...outcome.decision, shadow: undefined } : undefined);
    if (shown === undefined || (phase === 'shadow' && shown.shadow === undefined)) {
      this.unscored++;
      return undefined;
    }
    const { input, output, shadow } = shown;
    try {
      const score = source.score({ id, input, output }, truth.value);
      return phase === 'canary' || shadow === undefined
        ? score
        : source.score({ id, input, output: shadow.output }, truth.value) - score;
    } catch {
      // A score that throws is an invalid value: it is counted, and many of them hold the rollout.
      return Number.NaN;
    }
  }
}
