/** The desk without any client: adapters ask the vendors, and a break in the middle of an answer is gone on with. */
import { rules, textStream, type Understudy } from '@understudy/core';
import { anthropicMessages, openaiChat } from '@understudy/core/adapters';
import { pii } from '@understudy/core/guards';
import * as z from 'zod';
import { type Desk, Reader } from './desk.ts';
import { HANDBOOK } from './handbook.ts';
import { perCall, perRequest } from './policies.ts';
import { ANTHROPIC_MODEL, OPENAI_MODEL } from './prices.ts';
import { cannedAnswers } from './rules.ts';
import type { Vendors } from './server/start-vendors.ts';

export function deskWithAdapters(understudy: Understudy, { urls }: Pick<Vendors, 'urls'>): Desk {
  const asked = {
    apiKey: 'key',
    system: HANDBOOK,
    messages: ({ text }: { readonly text: string }) => [{ role: 'user' as const, content: text }],
  };
  const model = understudy.defineModel(
    { name: 'desk-adapters', input: z.object({ text: z.string() }), output: z.string(), stream: textStream() },
    {
      variants: {
        openai: {
          predictor: openaiChat({ ...asked, url: urls.openai, model: OPENAI_MODEL }),
          version: OPENAI_MODEL,
          stream: { continues: true },
        },
        anthropic: {
          predictor: anthropicMessages({
            ...asked,
            url: urls.anthropic,
            model: ANTHROPIC_MODEL,
            body: { cache_control: { type: 'ephemeral' } },
          }),
          version: ANTHROPIC_MODEL,
          stream: { continues: true },
        },
      },
      champion: 'openai',
      fallback: ['anthropic', rules({ name: 'canned', version: '1', rows: cannedAnswers })],
      policies: [...perRequest(), ...perCall()],
      guards: { input: [pii()] },
      stream: { onBreak: 'continue' },
    },
  );

  return {
    title: 'adapters and model.stream()',
    on: (type, listener) => model.on(type, listener),
    status: () => model.status(),
    answer: async ({ id, text, streamed }) => {
      const reader = new Reader();
      const stream = streamed ? model.stream({ text }, { unit: id }) : undefined;
      try {
        for await (const chunk of stream ?? []) reader.read(chunk);
        const { output, servedBy, id: decisionId } = await (stream?.decision ?? model.predict({ text }, { unit: id }));
        if (!streamed) reader.read(output);
        return reader.end({ servedBy: 'variant' in servedBy ? servedBy.variant : servedBy.name, decisionId });
      } catch {
        // Nobody was left who could go on.
        return reader.broken();
      }
    },
  };
}
