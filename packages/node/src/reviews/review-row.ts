import type { ReviewCase } from '@understudy/core/review';
import { keyText } from '../stores/key-text.ts';

/** A case as databases keep it: queue, id, decision, state, priority, created, next, ended, version, body. */
export const rowOf = (one: ReviewCase): (string | number | null)[] => [
  keyText(one.queue),
  keyText(one.id),
  keyText(one.decisionId),
  one.state,
  one.priority,
  one.createdAt,
  one.nextAt,
  one.resolvedAt,
  one.version,
  JSON.stringify(one),
];

export const caseOf = (row: Readonly<Record<string, unknown>>): ReviewCase => JSON.parse(String(row['body'])) as ReviewCase;
