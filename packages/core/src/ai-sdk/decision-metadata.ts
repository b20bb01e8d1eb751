import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { readProperty } from '../errors/index.ts';
import type { Decision } from '../model/decision.ts';
import type { TierKind } from '../types/index.ts';

export type AnyDecision = Decision<unknown, unknown>;

/** What an answer of a guarded model says of its decision. */
export interface DecisionMetadata {
  /** For `model.understudy.recordOutcome()`. */
  readonly decisionId: string;
  readonly tier: TierKind;
  /** The variant that served. Absent where a rule or a fixed text did. */
  readonly variant?: string;
  /** The rules or the fixed text that served. Absent where a variant did. */
  readonly name?: string;
  readonly version: string;
  /** Whether something else than the assigned variant served. */
  readonly degraded: boolean;
  /** Of all attempts, in millionths of a US dollar. Absent where a price is not known. */
  readonly costMicroUsd?: number;
}

/** The metadata of a model, and of the decision that its answer came of. */
export function withDecision(
  metadata: SharedV4ProviderMetadata | undefined,
  { id, servedBy, degraded, usage }: AnyDecision,
): SharedV4ProviderMetadata {
  const by = 'variant' in servedBy ? { variant: servedBy.variant } : { name: servedBy.name };
  const cost = usage?.costMicroUsd;
  return {
    ...metadata,
    understudy: {
      decisionId: id,
      tier: servedBy.tier,
      ...by,
      version: servedBy.version,
      degraded,
      ...(typeof cost === 'number' ? { costMicroUsd: cost } : {}),
    },
  };
}

/**
 * Who served an answer of the AI SDK: `decisionOf(result.providerMetadata)`; of a stream `decisionOf(await result.providerMetadata)`.
 *
 * @returns `undefined` for an answer of a model that is not guarded
 */
export function decisionOf(providerMetadata: unknown): DecisionMetadata | undefined {
  const told = readProperty(providerMetadata, 'understudy');
  return typeof readProperty(told, 'decisionId') === 'string' ? (told as DecisionMetadata) : undefined;
}
