/** What the store keeps of a decision, each part under the id of the decision and a letter: what monitors score, of a sampled call of a paused model, and the content that scores of gates need. */
export const SHARED = { served: 'm', sampled: 's', content: 'c' } as const;

/** Where the parts of decisions of a model are kept. */
export const sharedKey = (model: string): string => `decisions/${model}`;

/** Ids under which a store may keep parts of these decisions. */
export const sharedIds = (decisionIds: readonly string[]): readonly string[] =>
  decisionIds.flatMap((id) => Object.values(SHARED).map((part) => id + part));
