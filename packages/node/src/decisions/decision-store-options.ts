import { count, either, flag, kind, list, msOrNever, type Relation, text } from '@understudy/core/authoring';
import type { DecisionStoreOptions } from './decision-store.ts';

const isSegment = (value: unknown): boolean => typeof value === 'string' && /^(tenant|(input|output)(\.[^.]+)+)$/.test(value);

export const DECISION_STORE_KINDS = {
  name: text,
  content: flag,
  segments: list(kind(isSegment, "'tenant', 'input.<field>' or 'output.<field>'")),
  retainMs: msOrNever,
  maxRows: either(
    count,
    kind((value) => value === Infinity, 'Infinity for all'),
  ),
};

export const DECISION_STORE_DEFAULTS = {
  content: false,
  segments: [] as readonly string[],
  retainMs: Infinity,
  maxRows: Infinity,
};

/** Fields of content are there only where content is kept. */
export const segmentsFit = ({ content, segments }: Required<Pick<DecisionStoreOptions, 'content' | 'segments'>>): Relation => [
  content || segments.every((path) => path === 'tenant'),
  'content',
  'true, as segments name fields of inputs or outputs',
];
