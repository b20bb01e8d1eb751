/** The desk for users of the AI SDK: one `languageModel()` out of two. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { rules, type Understudy } from '@understudy/core';
import { decisionOf, languageModel } from '@understudy/core/ai-sdk';
import { pii } from '@understudy/core/guards';
import { generateText, streamText } from 'ai';
import { type Desk, Reader } from './desk.ts';
import { HANDBOOK } from './handbook.ts';
import { perCall, perRequest } from './policies.ts';
import { ANTHROPIC_MODEL, OPENAI_MODEL } from './prices.ts';
import { cannedAnswers } from './rules.ts';
import type { Vendors } from './server/start-vendors.ts';

export function deskWithAiSdk(understudy: Understudy, { urls }: Pick<Vendors, 'urls'>): Desk {
  const model = languageModel({
    name: 'desk-ai-sdk',
    understudy,
    variants: {
      openai: createOpenAI({ baseURL: urls.openai, apiKey: 'key' }).chat(OPENAI_MODEL),
      anthropic: createAnthropic({ baseURL: urls.anthropic, apiKey: 'key' })(ANTHROPIC_MODEL),
    },
    champion: 'openai',
    fallback: ['anthropic', rules({ name: 'canned', version: '1', rows: cannedAnswers })],
    policies: [...perRequest(), ...perCall()],
    guards: { input: [pii()] },
  });

  return {
    title: 'languageModel() of the AI SDK',
    on: (type, listener) => model.understudy.on(type, listener),
    status: () => model.understudy.status(),
    answer: async ({ id, text, streamed }) => {
      const asked = {
        model,
        instructions: {
          role: 'system',
          content: HANDBOOK,
          providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } },
        },
        prompt: text,
        maxRetries: 0,
        providerOptions: { understudy: { unit: id } },
      } as const;
      const reader = new Reader();
      if (!streamed) {
        const answer = await generateText(asked);
        reader.read(answer.text);
        return reader.end(served(answer.providerMetadata));
      }
      const answer = streamText({ ...asked, onError: () => undefined });
      for await (const part of answer.fullStream) {
        if (part.type === 'text-delta') reader.read(part.text);
        // The AI SDK has no part that says "begin anew": after a break its reader gets an error.
        else if (part.type === 'error') return reader.broken();
      }
      return reader.end(served(await answer.providerMetadata));
    },
  };
}

function served(providerMetadata: unknown): { readonly servedBy: string; readonly decisionId: string } {
  const { variant, name = '', decisionId = '' } = decisionOf(providerMetadata) ?? {};
  return { servedBy: variant ?? name, decisionId };
}
