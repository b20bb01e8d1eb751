import type { ErrorDetails } from '../errors/index.ts';
import { asRecord } from './json-response.ts';

/** OpenRouter answers 403 for an input that moderation flags: no key is at fault (openrouter.ai/docs/api-reference/errors). */
export const flagged = (error: Readonly<Record<string, unknown>>): ErrorDetails =>
  asRecord(error['metadata'])['flagged_input'] === undefined ? {} : { kind: 'content-filtered' };
