import type { CounterPart } from '@understudy/core';
import { textValue } from './json-text.ts';

/** A part as it is kept, in a list; none where it is damaged: its instance writes the whole again. */
export function counterPart(instance: unknown, sequence: unknown, text: unknown): readonly CounterPart[] {
  const counters = textValue(String(text));
  const isWhole =
    Number.isFinite(Number(sequence)) &&
    typeof counters === 'object' &&
    counters !== null &&
    Object.values(counters).every((value) => Number.isFinite(value));
  return isWhole
    ? [{ instance: String(instance), sequence: Number(sequence), counters: counters as Readonly<Record<string, number>> }]
    : [];
}
