import { always, circuitBreaker, createUnderstudy, type Understudy } from '@understudy/core';
import { beforeEach, expect, it } from 'vitest';
import { Switches } from './switches.ts';

const any = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
const BY = { id: 'devtools', roles: ['devtools'] };
const ANA = { by: { id: 'ana', roles: ['owner'] }, reason: 'a reason' };

let understudy: Understudy = createUnderstudy();
let switches = new Switches(
  () => understudy.models,
  () => BY,
);
beforeEach(() => {
  understudy = createUnderstudy();
  understudy.defineModel(
    { name: 'm', input: any, output: any },
    {
      variants: {
        v1: { version: '1', policies: [circuitBreaker()], predictor: () => 1 },
        v2: { version: '2', predictor: () => 2 },
      },
      champion: 'v1',
      fallback: [always(0)],
    },
  );
  switches = new Switches(
    () => understudy.models,
    () => BY,
  );
});
const model = () => {
  const found = understudy.models.get('m');
  if (found === undefined) throw new Error('no model');
  return found;
};
const control = () => {
  const { paused, pinned, isolated } = model().status().control;
  return { paused, pinned, isolated };
};
const circuit = () => model().control.circuit('v1');

it('gives commands, and puts everything back', async () => {
  await switches.pause('m', true);
  await switches.pin('m', 'v2');
  await switches.isolate('m', 'v1', true);
  await switches.circuit('m', 'v1', 'forced-open');
  expect(control()).toEqual({ paused: true, pinned: 'v2', isolated: ['v1'] });
  expect([circuit()?.state, switches.touched]).toEqual(['forced-open', 4]);
  await switches.undo();
  expect(control()).toEqual({ paused: false, pinned: null, isolated: [] });
  expect([circuit()?.state, switches.touched]).toEqual(['closed', 0]);
});

it('puts back what it found, not what is usual', async () => {
  await model().control.pause(ANA);
  await model().control.pin('v1', ANA);
  circuit()?.force('forced-closed', 'by the page');
  await switches.pause('m', false);
  await switches.pin('m', 'v2');
  await switches.pin('m', null);
  await switches.circuit('m', 'v1', 'closed');
  expect([control().paused, control().pinned, circuit()?.state]).toEqual([false, null, 'closed']);
  await switches.undo();
  expect([control().paused, control().pinned, circuit()?.state]).toEqual([true, 'v1', 'forced-closed']);
});

it('forgets what it has turned back itself, and a circuit that it let go', async () => {
  await switches.pause('m', true);
  await switches.pause('m', false);
  await switches.circuit('m', 'v1', 'forced-open');
  await switches.circuit('m', 'v1', 'closed');
  expect(switches.touched).toBe(0);
  circuit()?.trip('by the page');
  await switches.circuit('m', 'v1', 'closed');
  expect(switches.touched).toBe(0);
  await switches.undo();
  expect(circuit()?.state).toBe('closed');
});

it('leaves alone what somebody else has changed since', async () => {
  await switches.pin('m', 'v2');
  await switches.isolate('m', 'v2', true);
  await model().control.pin('v1', ANA);
  await model().control.readmit('v2', ANA);
  await model().control.isolate('v1', ANA);
  await switches.undo();
  expect(control()).toEqual({ paused: false, pinned: 'v1', isolated: ['v1'] });
});

it('says why a command failed, and remembers nothing of it; undoing never rejects', async () => {
  await expect(switches.pin('m', 'v9')).rejects.toThrow('v9');
  await expect(switches.pause('gone', true)).rejects.toThrow('no model "gone"');
  expect(switches.touched).toBe(0);
  await switches.circuit('m', 'v2', 'forced-open');
  expect(switches.touched).toBe(0);
  await switches.pause('m', true);
  await understudy.close();
  await switches.undo();
});

it('asks authorize as the operator that it was given', async () => {
  understudy = createUnderstudy({ authorize: ({ id }) => id !== BY.id });
  understudy.defineModel(
    { name: 'm', input: any, output: any },
    { variants: { v1: { version: '1', predictor: () => 1 } }, champion: 'v1' },
  );
  await expect(switches.pause('m', true)).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

it('puts back what a command under way has left, and does not wait for it with the rest', async () => {
  const { control: commands } = model();
  const waits = Promise.withResolvers<void>();
  const pause = commands.pause.bind(commands);
  Object.defineProperty(commands, 'pause', {
    value: (note: Parameters<typeof pause>[0]) => waits.promise.then(() => pause(note)),
  });
  await switches.pin('m', 'v2');
  const pausing = switches.pause('m', true);
  const undone = switches.undo();
  await expect.poll(() => control().pinned).toBeNull();
  waits.resolve();
  await pausing;
  await undone;
  expect([control(), switches.touched]).toEqual([{ paused: false, pinned: null, isolated: [] }, 0]);
});
