/** The desk for users of the vendors' own clients: `guardedFetch` under them, and a predictor for each. */
import Anthropic from '@anthropic-ai/sdk';
import { type Call, guardedFetch, rules, textStream, type Understudy, UnderstudyError } from '@understudy/core';
import { pii } from '@understudy/core/guards';
import OpenAI from 'openai';
import * as z from 'zod';
import { type Desk, Reader } from './desk.ts';
import { HANDBOOK } from './handbook.ts';
import { perCall, perRequest } from './policies.ts';
import { ANTHROPIC_MODEL, OPENAI_MODEL } from './prices.ts';
import { cannedAnswers } from './rules.ts';
import type { Vendors } from './server/start-vendors.ts';

type Question = { readonly text: string };
const CUT = 'The stream ended before its answer was finished.';

export function deskWithOfficialClients(understudy: Understudy, { urls }: Pick<Vendors, 'urls'>): Desk {
  const guarded = guardedFetch(perRequest());
  const openai = new OpenAI({ baseURL: urls.openai, apiKey: 'key', maxRetries: 0, fetch: guarded });
  const anthropic = new Anthropic({ baseURL: urls.anthropic.replace(/\/v1$/, ''), apiKey: 'key', maxRetries: 0, fetch: guarded });

  const askOpenAI = async function* ({ text }: Question, call: Call): AsyncGenerator<string> {
    const stream = await openai.chat.completions.create(
      {
        model: OPENAI_MODEL,
        stream: true,
        stream_options: { include_usage: true },
        messages: [
          { role: 'system', content: HANDBOOK },
          { role: 'user', content: text },
        ],
      },
      { signal: call.signal },
    );
    let isWhole = false;
    for await (const { choices, usage } of stream) {
      const [choice] = choices;
      isWhole ||= choice?.finish_reason === 'stop';
      if (usage) {
        const { prompt_tokens: total, completion_tokens: written, prompt_tokens_details: details } = usage;
        const cacheRead = details?.cached_tokens ?? 0;
        call.report({
          model: OPENAI_MODEL,
          usage: {
            inputTokens: { total, noCache: total - cacheRead, cacheRead, cacheWrite: undefined },
            outputTokens: { total: written, text: undefined, reasoning: undefined },
          },
        });
      }
      if (choice?.delta.content) yield choice.delta.content;
    }
    // The client takes a stream that was cut for a short answer.
    if (!isWhole) throw new UnderstudyError('STREAM_CUT', CUT, { retryable: true });
  };

  const askAnthropic = async function* ({ text }: Question, call: Call): AsyncGenerator<string> {
    const stream = await anthropic.messages.create(
      {
        model: ANTHROPIC_MODEL,
        stream: true,
        max_tokens: 1000,
        system: [{ type: 'text', text: HANDBOOK, cache_control: { type: 'ephemeral' } }],
        messages: [{ role: 'user', content: text }],
      },
      { signal: call.signal },
    );
    let isWhole = false;
    let [noCache, cacheRead, cacheWrite] = [0, 0, 0];
    for await (const event of stream) {
      if (event.type === 'message_start') {
        const { usage } = event.message;
        noCache = usage.input_tokens;
        cacheRead = usage.cache_read_input_tokens ?? 0;
        cacheWrite = usage.cache_creation_input_tokens ?? 0;
      } else if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') yield event.delta.text;
      else if (event.type === 'message_stop') isWhole = true;
      else if (event.type === 'message_delta') {
        call.report({
          model: ANTHROPIC_MODEL,
          usage: {
            inputTokens: { total: noCache + cacheRead + cacheWrite, noCache, cacheRead, cacheWrite },
            outputTokens: { total: event.usage.output_tokens, text: undefined, reasoning: undefined },
          },
        });
      }
    }
    if (!isWhole) throw new UnderstudyError('STREAM_CUT', CUT, { retryable: true });
  };

  const model = understudy.defineModel(
    { name: 'desk-official-clients', input: z.object({ text: z.string() }), output: z.string(), stream: textStream() },
    {
      variants: {
        openai: { predictor: askOpenAI, version: OPENAI_MODEL },
        anthropic: { predictor: askAnthropic, version: ANTHROPIC_MODEL },
      },
      champion: 'openai',
      fallback: ['anthropic', rules({ name: 'canned', version: '1', rows: cannedAnswers })],
      policies: perCall(),
      guards: { input: [pii()] },
      stream: { onBreak: 'restart' },
    },
  );

  return {
    title: 'official clients over guardedFetch()',
    on: (type, listener) => model.on(type, listener),
    status: () => model.status(),
    answer: async ({ id, text, streamed }) => {
      const reader = new Reader();
      if (!streamed) {
        const { output, servedBy, id: decisionId } = await model.predict({ text }, { unit: id });
        reader.read(output);
        return reader.end({ servedBy: 'variant' in servedBy ? servedBy.variant : servedBy.name, decisionId });
      }
      const stream = model.stream({ text }, { unit: id });
      // After a break the next vendor begins anew, and the reader is told.
      for await (const event of stream.events()) {
        if (event.type === 'reset') reader.reset();
        else reader.read(event.chunk);
      }
      const { servedBy, id: decisionId } = await stream.decision;
      return reader.end({ servedBy: 'variant' in servedBy ? servedBy.variant : servedBy.name, decisionId });
    },
  };
}
