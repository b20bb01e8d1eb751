import type { DecisionEvent, UnderstudyEvent } from '@understudy/core';
import { keyText } from '../stores/key-text.ts';

/** A decision as the stores keep it. Texts are those of `keyText`. */
export interface DecisionRow {
  readonly id: string;
  readonly at: number;
  readonly model: string;
  readonly outcome: string;
  readonly tier: string;
  readonly servedBy: string;
  readonly assigned: string;
  readonly unit: string;
  /** What `segmentLabel` says of each of its segments. */
  readonly labels: readonly string[];
  readonly body: string;
}

/** Any other event. */
export interface EventRow {
  readonly id: string;
  readonly at: number;
  readonly model: string;
  readonly type: string;
  /** The decision that it is about. */
  readonly decision: string | null;
  readonly body: string;
}

export interface EventRows {
  readonly decisions: readonly DecisionRow[];
  readonly events: readonly EventRow[];
}

/** Divides the labels of a row; no label holds it. */
export const BETWEEN_LABELS = '\v';

/** The value of a segment, as one text. Texts of `keyText` have no line break. */
export const segmentLabel = (path: string, value: string): string => `${keyText(path)}\n${keyText(value)}`;

export function rowsOf(events: readonly UnderstudyEvent[], segments: readonly string[]): EventRows {
  const decisions: DecisionRow[] = [];
  const others: EventRow[] = [];
  for (const event of events) {
    const common = { id: keyText(event.id), at: event.at, model: keyText(event.model), body: JSON.stringify(event) };
    if (event.type === 'decision') decisions.push({ ...common, ...decisionColumns(event, segments) });
    else others.push({ ...common, type: event.type, decision: 'decisionId' in event ? keyText(event.decisionId) : null });
  }
  return { decisions, events: others };
}

function decisionColumns(event: DecisionEvent, segments: readonly string[]) {
  return {
    outcome: keyText(event.outcome),
    tier: keyText(event.tier),
    servedBy: keyText(event.servedBy),
    assigned: keyText(event.assigned),
    unit: keyText(event.unitHash),
    labels: segments.flatMap((path) => {
      const value = valueAt(event, path);
      return value === undefined ? [] : [segmentLabel(path, value)];
    }),
  };
}

/** Texts, numbers and flags can be asked for; other values cannot. */
function valueAt(event: DecisionEvent, path: string): string | undefined {
  const [side, field] = path.startsWith('input.') ? [event.input, path.slice(6)] : [event.output, path.slice(7)];
  const value = path === 'tenant' ? event.tenant : readField(side, field);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** Allowed fields have their paths as names; what is inside of one is found step by step. */
function readField(content: unknown, path: string): unknown {
  if (typeof content !== 'object' || content === null) return undefined;
  if (Object.hasOwn(content, path)) return Reflect.get(content, path);
  for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
    const name = path.slice(0, dot);
    if (Object.hasOwn(content, name)) return readField(Reflect.get(content, name), path.slice(dot + 1));
  }
  return undefined;
}
