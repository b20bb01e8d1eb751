import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { isRecord } from '../errors/index.ts';
import { chunkStream } from '../model/model-stream.ts';
import type { ComparedSchema } from '../model/shadows.ts';
import type { Comparator } from '../routing/comparators.ts';
import type { Schema } from '../types/index.ts';
import { sameAnswer } from './compared-text.ts';

/** What a stream was opened with: it comes before its parts, and is not handed out. */
export interface StreamHead {
  readonly type: 'head';
  readonly request: LanguageModelV4StreamResult['request'];
  readonly response: LanguageModelV4StreamResult['response'];
}

export type StreamChunk = LanguageModelV4StreamPart | StreamHead;

/** Any value of a type: what stands behind it is checked elsewhere, or is not ours. */
export const schemaOf = <T>(
  fits: (value: unknown) => string | undefined,
): Schema & { readonly '~standard': { readonly types?: { readonly input: T; readonly output: T } } } => ({
  '~standard': {
    version: 1,
    vendor: 'understudy',
    validate: (value) => {
      const wrong = fits(value);
      return wrong === undefined ? { value } : { issues: [{ message: wrong }] };
    },
  },
});

export const CALL_OPTIONS = schemaOf<LanguageModelV4CallOptions>((value) =>
  isRecord(value) && Array.isArray(value['prompt']) ? undefined : 'expected call options of the AI SDK with a prompt',
);

const RESULT = schemaOf<LanguageModelV4GenerateResult>((value) => {
  if (!isRecord(value)) return 'expected a result of doGenerate()';
  if (!Array.isArray(value['content'])) return 'expected content: a list of parts';
  return isRecord(value['finishReason']) && isRecord(value['usage']) ? undefined : 'expected finishReason and usage';
});
export const GENERATE_RESULT: typeof RESULT & ComparedSchema = { ...RESULT, '~compare': sameAnswer as Comparator<unknown> };

const CHUNK = schemaOf<StreamChunk>((value) =>
  isRecord(value) && typeof value['type'] === 'string' ? undefined : 'expected a part of a stream, which has a type',
);

const CONTENT: ReadonlySet<string> = new Set<StreamChunk['type']>([
  'text-delta',
  'reasoning-delta',
  'tool-input-start',
  'tool-input-delta',
  'tool-call',
  'tool-result',
  'tool-approval-request',
  'file',
  'reasoning-file',
  'source',
  'custom',
]);

export const NO_USAGE: LanguageModelV4Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};
const STOP: LanguageModelV4FinishReason = { unified: 'stop', raw: undefined };

/** Parts of a stream, and the result that they make together. */
export const PARTS = chunkStream<typeof CHUNK, LanguageModelV4GenerateResult, LanguageModelV4GenerateResult>({
  chunk: CHUNK,
  join: joinParts,
  split: splitResult,
  isContent: (chunk) => CONTENT.has(chunk.type) && Reflect.get(chunk, 'delta') !== '',
});

type Block = { type: 'text' | 'reasoning'; text: string; providerMetadata?: LanguageModelV4Content['providerMetadata'] };

/** The result that a stream's parts make: blocks of text and reasoning joined, everything else as it came. */
function joinParts(parts: readonly unknown[]): LanguageModelV4GenerateResult {
  const content: LanguageModelV4Content[] = [];
  const blocks = new Map<string, Block>();
  const result: { -readonly [K in keyof LanguageModelV4GenerateResult]: LanguageModelV4GenerateResult[K] } = {
    content,
    finishReason: STOP,
    usage: NO_USAGE,
    warnings: [],
  };
  for (const part of parts as readonly StreamChunk[]) {
    if (part.type === 'text-start' || part.type === 'reasoning-start') {
      const block: Block = { type: part.type === 'text-start' ? 'text' : 'reasoning', text: '' };
      blocks.set(`${block.type}/${part.id}`, block);
      content.push(block as LanguageModelV4Content);
    } else if (part.type === 'text-delta' || part.type === 'reasoning-delta') {
      const type = part.type === 'text-delta' ? 'text' : 'reasoning';
      const known = blocks.get(`${type}/${part.id}`);
      if (known === undefined) {
        const block: Block = { type, text: part.delta };
        blocks.set(`${type}/${part.id}`, block);
        content.push(block as LanguageModelV4Content);
      } else known.text += part.delta;
    } else if (part.type === 'text-end' || part.type === 'reasoning-end') {
      const block = blocks.get(`${part.type === 'text-end' ? 'text' : 'reasoning'}/${part.id}`);
      if (block !== undefined && part.providerMetadata !== undefined) block.providerMetadata = part.providerMetadata;
    } else if (part.type === 'stream-start') result.warnings = part.warnings;
    else if (part.type === 'response-metadata') {
      const { type: _type, ...metadata } = part;
      result.response = metadata;
    } else if (part.type === 'finish') {
      result.finishReason = part.finishReason;
      result.usage = part.usage;
      if (part.providerMetadata !== undefined) result.providerMetadata = part.providerMetadata;
    } else if (isContentPart(part)) content.push(part);
  }
  return result;
}

const isContentPart = (part: StreamChunk): part is Extract<StreamChunk, LanguageModelV4Content> =>
  ['tool-call', 'tool-result', 'tool-approval-request', 'file', 'reasoning-file', 'source', 'custom'].includes(part.type);

/** The parts of a result that came whole. */
function* splitResult(result: LanguageModelV4GenerateResult): Generator<StreamChunk> {
  yield { type: 'head', request: result.request, response: { headers: result.response?.headers } as StreamHead['response'] };
  yield { type: 'stream-start', warnings: result.warnings };
  if (result.response !== undefined) {
    const { headers: _headers, body: _body, ...metadata } = result.response;
    yield { type: 'response-metadata', ...metadata };
  }
  let id = 0;
  for (const part of result.content) {
    if (part.type === 'text' || part.type === 'reasoning') {
      const own = String(id++);
      const { providerMetadata } = part;
      const meta = providerMetadata === undefined ? {} : { providerMetadata };
      yield { type: `${part.type}-start`, id: own, ...meta };
      yield { type: `${part.type}-delta`, id: own, delta: part.text };
      yield { type: `${part.type}-end`, id: own, ...meta };
    } else {
      if (part.type === 'tool-call') {
        yield { type: 'tool-input-start', id: part.toolCallId, toolName: part.toolName };
        yield { type: 'tool-input-delta', id: part.toolCallId, delta: part.input };
        yield { type: 'tool-input-end', id: part.toolCallId };
      }
      yield part;
    }
  }
  const { providerMetadata } = result;
  yield {
    type: 'finish',
    finishReason: result.finishReason,
    usage: result.usage,
    ...(providerMetadata === undefined ? {} : { providerMetadata }),
  };
}

/** A text as a whole answer: what rules and fixed outputs say. */
export const textResult = (text: string): LanguageModelV4GenerateResult => ({
  content: [{ type: 'text', text }],
  finishReason: STOP,
  usage: NO_USAGE,
  warnings: [],
});
