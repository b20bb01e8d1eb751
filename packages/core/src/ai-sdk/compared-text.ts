import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import canonicalize from 'canonicalize';
import type { AsyncComparator } from '../routing/comparators.ts';
import { sameText } from '../routing/text-comparators.ts';

/**
 * The text of an answer, as comparators get it: its parts of text, joined. Calls of tools follow on a line of their own: a list of
 * `{"input":…,"toolName":…}` in canonical JSON (RFC 8785). Ids, usage, metadata and reasoning are no part of it.
 */
export function comparedText({ content }: LanguageModelV4GenerateResult): string {
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const calls = content
    .filter((part) => part.type === 'tool-call')
    .map(({ toolName, input }) => ({ toolName, input: parsed(input) }));
  const shown = calls.length === 0 ? undefined : canonicalize(calls);
  return [text, shown].filter((part) => part !== undefined && part !== '').join('\n');
}

/** The input of a tool as data; one that is no JSON is a text. */
function parsed(input: unknown): unknown {
  try {
    return typeof input === 'string' ? (JSON.parse(input) as unknown) : input;
  } catch {
    return input;
  }
}

/** A comparator of texts as one of whole answers. */
export const ofAnswers =
  <I>(compare: AsyncComparator<string, I>): AsyncComparator<LanguageModelV4GenerateResult, I> =>
  (served, shadow, input, call) =>
    compare(comparedText(served), comparedText(shadow), input, call);

const same = sameText<string>();

/** The default: the same text, up to spaces. */
export const sameAnswer = (served: LanguageModelV4GenerateResult, shadow: LanguageModelV4GenerateResult) =>
  same(comparedText(served), comparedText(shadow), undefined);
