import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createUnderstudy } from '@understudy/core';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { DECISION_CHANNEL, publishDecisions } from './publish-decisions.ts';

function model() {
  const understudy = createUnderstudy();
  const claims = understudy.defineModel(
    { name: 'claims', input: z.object({}), output: z.object({}) },
    { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
  );
  return { understudy, claims };
}

it('publishes the decision event under the name that agents know, from the start to the end of the subscription', async () => {
  const { understudy, claims } = model();
  const heard: unknown[] = [];
  const listener = (message: unknown, name: string | symbol): void => void heard.push([name, message]);
  const end = publishDecisions(understudy);
  const told: unknown[] = [];
  understudy.on('decision', (event) => told.push(event));

  await claims.predict({});
  subscribe('understudy:decision', listener);
  const { id } = await claims.predict({});
  expect(heard).toEqual([['understudy:decision', expect.objectContaining({ type: 'decision', id, model: 'claims' })]]);
  expect((heard[0] as unknown[])[1]).toBe(told[1]);

  unsubscribe(DECISION_CHANNEL, listener);
  await claims.predict({});
  subscribe(DECISION_CHANNEL, listener);
  end();
  await claims.predict({});
  unsubscribe(DECISION_CHANNEL, listener);
  expect(heard).toHaveLength(1);
  expect(told).toHaveLength(4);
});

it('publishes one model alone, too', async () => {
  const { claims } = model();
  let heard = 0;
  const listener = (): void => void heard++;
  subscribe(DECISION_CHANNEL, listener);
  publishDecisions(claims);
  await claims.predict({});
  await model().claims.predict({});
  unsubscribe(DECISION_CHANNEL, listener);
  expect(heard).toBe(1);
});
