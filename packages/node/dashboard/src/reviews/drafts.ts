import type { Texts } from './form.ts';

/** What a reviewer has typed of a case. */
export interface Draft {
  /** `undefined`: nothing is chosen yet. */
  readonly mode: 'agree' | 'correct' | undefined;
  readonly view: 'fields' | 'json';
  /** What the fields change. */
  readonly base: unknown;
  readonly texts: Texts;
  readonly json: string;
  readonly reason: string;
}

const drafts = new Map<string, Draft>();

const keyOf = (queue: string, id: string): string => JSON.stringify([queue, id]);

/** Drafts outlive the page of their case, and a lapsed lease; they are in memory alone: a case may hold anything. */
export const draftOf = (queue: string, id: string): Draft | undefined => drafts.get(keyOf(queue, id));

export function keepDraft(queue: string, id: string, draft: Draft | undefined): void {
  if (draft === undefined) drafts.delete(keyOf(queue, id));
  else drafts.set(keyOf(queue, id), draft);
}

/** Whoever closes the window with a draft is asked. */
addEventListener('beforeunload', (event) => {
  if (drafts.size > 0) event.preventDefault();
});
