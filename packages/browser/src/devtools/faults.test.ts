import { expect, it, vi } from 'vitest';
import { type FaultChoice, Faults } from './faults.ts';

const CHOICE: FaultChoice = { model: 'm', variant: '', fault: 'slow', share: 0.5, forMs: 1000 };
const BY = { id: 'devtools', roles: [] };
const models = new Map([['m', { name: 'm' }]]) as never;

function faults(drill: (model: unknown, options: { readonly signal: AbortSignal }) => Promise<unknown>) {
  const changed = vi.fn<() => void>();
  const made = new Faults(
    () => models,
    () => BY,
    () => 50,
    changed,
    async () => ({ drill: drill as never }),
  );
  return { made, changed };
}

it('drills the model, and keeps the report', async () => {
  const drill = vi.fn<() => Promise<unknown>>(async () => ({ endedBy: 'time' }));
  const { made, changed } = faults(drill);
  const run = made.begin(CHOICE);
  expect(made.runs).toMatchObject([{ choice: CHOICE, endsAt: 1050 }]);
  expect(made.runs.map((one) => made.isRunning(one))).toEqual([true]);
  await run;
  expect(drill).toHaveBeenCalledWith(
    { name: 'm' },
    expect.objectContaining({ share: 0.5, forMs: 1000, by: BY, faults: [{ kind: 'delay', ms: 2000 }] }),
  );
  expect(made.runs).toMatchObject([{ report: { endedBy: 'time' } }]);
  expect(made.runs.map((one) => made.isRunning(one))).toEqual([false]);
  expect(changed).toHaveBeenCalledTimes(2);
});

it('ends one, or all', async () => {
  const signals: AbortSignal[] = [];
  const { made } = faults(
    (_, { signal }) =>
      new Promise((done) => {
        signals.push(signal);
        signal.addEventListener('abort', () => done({ endedBy: 'stopped' }));
      }),
  );
  const runs = [made.begin(CHOICE), made.begin(CHOICE)];
  await vi.waitFor(() => expect(signals).toHaveLength(2));
  made.end({ number: 1 });
  await runs[0];
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  made.endAll();
  await Promise.all(runs);
  expect(made.runs.map(({ report }) => report?.endedBy)).toEqual(['stopped', 'stopped']);
});

it('begins nothing that was ended while its code was loading', async () => {
  const drill = vi.fn<() => Promise<unknown>>(async () => ({}));
  const { made } = faults(drill);
  const run = made.begin(CHOICE);
  made.endAll();
  await run;
  expect(drill).not.toHaveBeenCalled();
  expect(made.runs).toMatchObject([{ error: 'Ended before it began.' }]);
});

it('says why there is no drill, and shows the newest twenty', async () => {
  const { made } = faults(() => Promise.reject(new Error('another drill runs')));
  await made.begin({ ...CHOICE, model: 'gone' });
  await made.begin(CHOICE);
  expect(made.runs.map(({ error }) => error)).toEqual(['another drill runs', 'There is no model "gone".']);
  for (let n = 0; n < 30; n++) await made.begin(CHOICE);
  expect(made.runs).toHaveLength(20);
});
