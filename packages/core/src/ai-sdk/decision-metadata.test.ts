import { expect, test } from 'vitest';
import { decisionOf } from './decision-metadata.ts';

test.each([undefined, null, 'x', {}, { openai: { id: 1 } }, { understudy: {} }, { understudy: { decisionId: 7 } }])(
  'an answer with the metadata %j has no decision of ours',
  (metadata) => {
    expect(decisionOf(metadata)).toBeUndefined();
  },
);

test('who served is read from the metadata, also after it was stored as JSON', () => {
  const told = { decisionId: 'd1', tier: 'model', variant: 'fast', version: '1', degraded: false };
  expect(decisionOf({ openai: {}, understudy: told })).toEqual(told);
});
