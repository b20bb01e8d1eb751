import { setTimeout as sleep } from 'node:timers/promises';
import { always, type Call, createUnderstudy, textStream } from '@understudy/core';
import * as z from 'zod';

/** Stands for openaiChat() or a client of yours: twenty words, one every 20 ms. */
async function* words({ question }: { readonly question: string }, { signal }: Call): AsyncGenerator<string> {
  for (let word = 1; word <= 20; word++) {
    yield `${question} ${word} `;
    await sleep(20, undefined, { signal });
  }
}

const understudy = createUnderstudy();

/** The model that both examples stream from. */
export const answer = understudy.defineModel(
  { name: 'answer', input: z.object({ question: z.string().min(1) }), output: z.string(), stream: textStream() },
  { variants: { v1: { predictor: words, version: '1' } }, champion: 'v1', fallback: [always('Please write to our desk.')] },
);
