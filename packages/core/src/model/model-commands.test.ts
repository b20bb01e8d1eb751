import { expect, test } from 'vitest';
import type { ModelControl } from '../control/model-control.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { modelCommands } from './model-commands.ts';
import { routerOf } from '../../tests/support/model/variant-router.ts';

const NOTE = { by: { id: 'ana', roles: ['ops'] }, reason: 'a test' };

test('each command goes to the control document, with its note', async () => {
  const given: unknown[][] = [];
  const control = { command: async (...command: unknown[]) => void given.push(command) } as unknown as ModelControl;
  const commands = modelCommands(control, routerOf(), new VirtualClock());
  await commands.pin('v2', NOTE);
  await commands.unpin(NOTE);
  await commands.isolate('v2', NOTE);
  await commands.readmit('v2', NOTE);
  await commands.pause(NOTE);
  await commands.resume(NOTE);
  for (const kind of ['approve', 'hold', 'resume', 'rollBack', 'promote'] as const) await commands.rollout[kind](NOTE);
  expect(given).toEqual([
    ['pin', 'v2', NOTE],
    ['unpin', undefined, NOTE],
    ['isolate', 'v2', NOTE],
    ['readmit', 'v2', NOTE],
    ['pause', undefined, NOTE],
    ['resume', undefined, NOTE],
    ['rollout-approve', undefined, NOTE],
    ['rollout-hold', undefined, NOTE],
    ['rollout-resume', undefined, NOTE],
    ['rollout-roll-back', undefined, NOTE],
    ['rollout-promote', undefined, NOTE],
  ]);
});

test('a circuit is that of the variant, in this process; none where it has none, and no variant is told', () => {
  const v1 = { predictor: () => 1, version: '1', policies: [circuitBreaker()] };
  const router = routerOf({ variants: { v1, v2: { predictor: () => 2, version: '2' } } });
  const { circuit } = modelCommands({} as ModelControl, router, new VirtualClock());
  circuit('v1')?.force('forced-open', 'a test');
  expect(router.variant('v1').circuit?.state).toBe('forced-open');
  expect(circuit('v2')).toBeUndefined();
  expect(() => circuit('v9')).toThrow(expect.objectContaining({ code: 'UNKNOWN_VARIANT' }));
});
