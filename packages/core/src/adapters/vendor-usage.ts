import type { Usage } from '../types/index.ts';
import { asRecord } from './json-response.ts';

/** Characters of a token of English text, as vendors say. */
const CHARACTERS_PER_TOKEN = 4;

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : undefined;

const less = (total: number | undefined, ...parts: readonly (number | undefined)[]): number | undefined =>
  total === undefined
    ? undefined
    : Math.max(
        0,
        parts.reduce<number>((rest, part) => rest - (part ?? 0), total),
      );

/** Usage of an endpoint whose cached tokens are inside its input tokens: OpenAI's two APIs and all that answer like them. */
function cachedInside(
  input: number | undefined,
  inputDetails: Readonly<Record<string, unknown>>,
  output: number | undefined,
  outputDetails: Readonly<Record<string, unknown>>,
): Usage | undefined {
  if (input === undefined && output === undefined) return undefined;
  const cacheRead = count(inputDetails['cached_tokens']);
  const cacheWrite = count(inputDetails['cache_write_tokens']);
  const reasoning = count(outputDetails['reasoning_tokens']);
  return {
    inputTokens: { total: input, noCache: less(input, cacheRead, cacheWrite), cacheRead, cacheWrite },
    outputTokens: { total: output, text: less(output, reasoning), reasoning },
  };
}

/** `usage` of `/chat/completions` and `/embeddings`. */
export function chatCompletionUsage(usage: unknown): Usage | undefined {
  // On all events of a stream but its last one.
  if (usage === undefined || usage === null) return undefined;
  const told = asRecord(usage);
  return cachedInside(
    count(told['prompt_tokens']),
    asRecord(told['prompt_tokens_details']),
    count(told['completion_tokens']),
    asRecord(told['completion_tokens_details']),
  );
}

/** `usage` of `/responses`. */
export function responsesUsage(usage: unknown): Usage | undefined {
  const told = asRecord(usage);
  return cachedInside(
    count(told['input_tokens']),
    asRecord(told['input_tokens_details']),
    count(told['output_tokens']),
    asRecord(told['output_tokens_details']),
  );
}

/** `usage` of Anthropic's messages: what was read from a cache, or written to it, is not in `input_tokens`. */
export function anthropicUsage(usage: unknown): Usage | undefined {
  const told = asRecord(usage);
  const noCache = count(told['input_tokens']);
  const cacheRead = count(told['cache_read_input_tokens']);
  const cacheWrite = count(told['cache_creation_input_tokens']);
  const output = count(told['output_tokens']);
  if (noCache === undefined && output === undefined) return undefined;
  const reasoning = count(asRecord(told['output_tokens_details'])['thinking_tokens']);
  return {
    inputTokens: {
      total: noCache === undefined ? undefined : noCache + (cacheRead ?? 0) + (cacheWrite ?? 0),
      noCache,
      cacheRead,
      cacheWrite,
    },
    outputTokens: { total: output, text: less(output, reasoning), reasoning },
  };
}

/** The counts on the last line of Ollama's answer. */
export function ollamaUsage(answer: unknown): Usage | undefined {
  const told = asRecord(answer);
  return cachedInside(count(told['prompt_eval_count']), {}, count(told['eval_count']), {});
}

/** Tokens of so many characters, where nobody counted them. */
const estimatedTokens = (characters: number): number => Math.ceil(characters / CHARACTERS_PER_TOKEN);

/** What is known of an answer whose tokens nobody counted, or not all. */
interface Counted {
  /** Characters of the request. */
  readonly input: number;
  /** Characters that came. */
  readonly output: number;
  /** Whether the answer is whole: what was told of its output before it broke off was told too early. */
  readonly isWhole: boolean;
}

/** Usage of an answer that broke off, or whose endpoint does not count: what was told, and for the rest a token for 4 characters. */
export function estimatedUsage(told: Usage | undefined, counted: Counted): Usage {
  const input = told?.inputTokens;
  const guessed = estimatedTokens(counted.input);
  const output = told?.outputTokens;
  const total = Math.max(estimatedTokens(counted.output), output?.total ?? 0);
  return {
    inputTokens:
      input?.total === undefined ? { total: guessed, noCache: guessed, cacheRead: undefined, cacheWrite: undefined } : input,
    outputTokens: counted.isWhole && output?.total !== undefined ? output : { total, text: undefined, reasoning: undefined },
  };
}
