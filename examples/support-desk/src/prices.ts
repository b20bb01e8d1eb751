import type { Prices } from '@understudy/core';

/** The models of the desk. */
export const [OPENAI_MODEL, ANTHROPIC_MODEL] = ['gpt-5-mini', 'claude-haiku-4-5'];

/** US dollars for a million tokens. */
export const PRICES: Prices = {
  [OPENAI_MODEL]: { input: 0.25, cacheRead: 0.025, output: 2 },
  [ANTHROPIC_MODEL]: { input: 1, cacheRead: 0.1, cacheWrite: 1.25, output: 5 },
};
