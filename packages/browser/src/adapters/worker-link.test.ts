import { type Tensors, UnderstudyError } from '@understudy/core/adapters';
import { afterEach, describe, expect, it } from 'vitest';
import type { OnnxTalk, OpenMessage, RunMessage } from './onnx-messages.ts';
import { WorkerLink } from './worker-link.ts';

const OPEN: OpenMessage = {
  kind: 'open',
  model: '/m.onnx',
  digest: undefined,
  externalData: [],
  wasmPaths: undefined,
  threads: 1,
  sessionOptions: {},
};
const ONCE = new AbortController().signal;
const run = (value: number): RunMessage => ({
  kind: 'run',
  inputs: { x: { type: 'float32', dims: [1, 1], data: [value] } },
  outputs: undefined,
});
const tensors = (value: number): Tensors => ({ y: { type: 'float32', dims: [1, 1], data: [value] } });

const links: WorkerLink<OnnxTalk>[] = [];
afterEach(() => {
  for (const link of links.splice(0)) link.end(new UnderstudyError('CLOSED', 'The test is over.'));
});

/** A link to a worker that runs this code, and how often it was told that it has ended. */
function linkTo(script: string, graceMs?: number): { readonly link: WorkerLink<OnnxTalk>; readonly ended: () => number } {
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), { type: 'module' });
  let count = 0;
  const link = new WorkerLink<OnnxTalk>(worker, 'an ONNX model', () => void count++, graceMs);
  links.push(link);
  return { link, ended: () => count };
}

/** Answers an opening, a run once another question has come, last first, and tells in `facts` and `y` what was asked. */
const REVERSING = `const waiting = [];
onmessage = ({ data }) => {
  if (data.kind === 'open') return postMessage({ id: data.id, value: { inputs: undefined, facts: { asked: JSON.stringify(data) } } });
  waiting.unshift(data);
  if (waiting.length < 2) return;
  for (const { id, kind, inputs } of waiting.splice(0))
    if (kind === 'run') postMessage({ id, value: { y: { ...inputs.x, data: [10 * inputs.x.data[0]] } } });
};`;
/** Fails what is asked, as the message of the model says. */
const failing = (fatal: boolean): string =>
  `onmessage = ({ data: { id } }) => postMessage({ id, code: 'RESPONSE_INVALID', message: 'No such output.', fatal: ${fatal} });`;

async function rejectionOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
}

it('opens a model with what it was told', async () => {
  const { link } = linkTo(REVERSING);
  const { facts } = await link.open(OPEN);
  expect(JSON.parse(facts['asked'] ?? '')).toEqual({
    id: 1,
    kind: 'open',
    model: '/m.onnx',
    externalData: [],
    threads: 1,
    sessionOptions: {},
  });
});

it('gives each question its own answer, in whatever order they come', async () => {
  const { link } = linkTo(REVERSING);
  expect(await Promise.all([link.run(run(1), ONCE), link.run(run(2), ONCE)])).toEqual([tensors(10), tensors(20)]);
});

describe('an abort', () => {
  it('before the run asks nothing', async () => {
    const { link } = linkTo(REVERSING);
    const gone = new Error('gone');
    expect(await rejectionOf(link.run(run(1), AbortSignal.abort(gone)))).toBe(gone);
    // The ids tell that nothing was asked before.
    expect(JSON.parse((await link.open(OPEN)).facts['asked'] ?? '')).toMatchObject({ id: 1 });
  });

  it('during the run ends it at once and drops it; the worker goes on', async () => {
    const { link, ended } = linkTo(REVERSING);
    const controller = new AbortController();
    const dropped = rejectionOf(link.run(run(1), controller.signal));
    const gone = new Error('gone');
    controller.abort(gone);
    expect(await dropped).toBe(gone);
    // The message that drops the first one was the second that came: without it the answers would be these of one and two.
    expect(await Promise.all([link.run(run(2), ONCE), link.run(run(3), ONCE)])).toEqual([tensors(20), tensors(30)]);
    expect(ended()).toBe(0);
  });
});

describe('a run for which nobody waits any more', () => {
  /** Begins runs in their order, each after the one before; one of 0 never ends. */
  const IN_TURN = `let busy = false;
onmessage = ({ data: { id, kind, inputs } }) => {
  if (kind !== 'run' || busy) return;
  postMessage({ id, begun: true });
  if (inputs.x.data[0] === 0) busy = true;
  else postMessage({ id, value: { y: { ...inputs.x } } });
};`;

  it('ends its worker, when it goes on for longer than it may; who waits behind it is told', async () => {
    const { link, ended } = linkTo(IN_TURN, 5);
    expect(await link.run(run(7), ONCE)).toEqual(tensors(7));
    const controller = new AbortController();
    const stuck = rejectionOf(link.run(run(0), controller.signal));
    const behind = rejectionOf(link.run(run(1), ONCE));
    controller.abort('late');
    expect(await stuck).toBe('late');
    expect(await behind).toMatchObject({
      code: 'PREDICTOR_FAILED',
      retryable: true,
      message:
        'The worker of an ONNX model was ended: a run for which nobody waits any more goes on. The next call starts a new one.',
    });
    expect(ended()).toBe(1);
  });

  it('that ends soon ends nothing, nor does one that has not begun', async () => {
    const { link, ended } = linkTo(REVERSING, 5);
    const controller = new AbortController();
    const dropped = rejectionOf(link.run(run(1), controller.signal));
    controller.abort('left');
    expect(await dropped).toBe('left');
    await new Promise((done) => setTimeout(done, 50));
    expect(await Promise.all([link.run(run(2), ONCE), link.run(run(3), ONCE)])).toEqual([tensors(20), tensors(30)]);
    expect(ended()).toBe(0);
  });
});

describe('an error', () => {
  it('of one question has its code and words, and ends nothing', async () => {
    const { link, ended } = linkTo(failing(false));
    for (const _ of [1, 2])
      expect(await rejectionOf(link.run(run(1), ONCE))).toMatchObject({ code: 'RESPONSE_INVALID', message: 'No such output.' });
    expect(ended()).toBe(0);
  });

  it('that is fatal is told to its question as it is, and ends the worker for the others', async () => {
    const { link, ended } = linkTo(failing(true));
    const [first, second] = await Promise.all([rejectionOf(link.run(run(1), ONCE)), rejectionOf(link.run(run(2), ONCE))]);
    expect(first).toMatchObject({ code: 'RESPONSE_INVALID', retryable: false });
    expect(second).toMatchObject({
      code: 'PREDICTOR_FAILED',
      retryable: true,
      message: 'The worker of an ONNX model crashed: No such output. The next call starts a new one.',
    });
    expect(ended()).toBe(1);
  });
});

describe('a crash', () => {
  it.each([
    ['a throw', `onmessage = () => { throw new Error('out of memory'); };`, 'out of memory'],
    ['a script that cannot be read', 'this is no script', 'its script could not be loaded'],
  ])('by %s is told to all that wait, once', async (_, script, why) => {
    const { link, ended } = linkTo(script);
    const [first, second] = await Promise.all([rejectionOf(link.run(run(1), ONCE)), rejectionOf(link.open(OPEN))]);
    expect(first).toMatchObject({ code: 'PREDICTOR_FAILED', retryable: true });
    expect(String(first)).toContain(why);
    expect(second).toBe(first);
    expect(ended()).toBe(1);
  });

  it('by a script that is not there says so', async () => {
    const worker = new Worker('/there-is-no-such-worker.js', { type: 'classic' });
    const told = Promise.withResolvers<void>();
    const link = new WorkerLink<OnnxTalk>(worker, 'an ONNX model', told.resolve);
    links.push(link);
    const error = await rejectionOf(link.run(run(1), ONCE));
    await told.promise;
    expect(String(error)).toMatch(/The worker of an ONNX model crashed: .+\. The next call starts a new one\./);
  });
});

it('whoever ends it decides what those who wait are told', async () => {
  const { link, ended } = linkTo('onmessage = () => {};');
  const waiting = [rejectionOf(link.open(OPEN)), rejectionOf(link.run(run(1), ONCE))];
  const closed = new UnderstudyError('CLOSED', 'The predictor was closed.');
  link.end(closed);
  expect(await Promise.all(waiting)).toEqual([closed, closed]);
  expect(ended()).toBe(1);
});

it('gives the chunks of an answer as they come, to whoever still waits', async () => {
  const { link } = linkTo(`onmessage = ({ data: { id, kind } }) => {
    if (kind !== 'run') return;
    for (const chunk of ['a', 'b']) postMessage({ id, chunk });
    postMessage({ id, value: {} });
    postMessage({ id, chunk: 'late' });
  };`);
  const chunks: unknown[] = [];
  await link.run(run(1), ONCE, (chunk) => chunks.push(chunk));
  await link.run(run(2), ONCE);
  expect(chunks).toEqual(['a', 'b']);
});

it('that is replaced answers what it was asked, and then ends', async () => {
  const { link, ended } = linkTo(REVERSING);
  const first = link.run(run(1), ONCE);
  link.retire();
  expect(await Promise.all([first, link.run(run(2), ONCE)])).toEqual([tensors(10), tensors(20)]);
  await expect.poll(ended).toBe(1);
  expect(await rejectionOf(link.run(run(3), ONCE))).toMatchObject({ code: 'PREDICTOR_FAILED', retryable: true });
});
