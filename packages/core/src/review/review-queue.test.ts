import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { roles } from '../control/roles.ts';
import { allowFields } from '../events/redaction.ts';
import { always } from '../fallback/always.ts';
import { timeout } from '../policies/timeout.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import type { UnderstudyOptions } from '../runtime/understudy-options.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { humanReview } from './human-review.ts';
import { reviewQueue, type ReviewQueueOptions } from './review-queue.ts';
import { reviewSample, type ReviewSampleOptions } from './review-sampler.ts';
import { memoryReviews } from './review-store.ts';

const who = (id: string, ...held: readonly string[]) => ({ id, roles: held.length === 0 ? ['reviewer'] : held });
const note = (id = 'ana') => ({ by: who(id, 'owner'), reason: 'a test' });
const contract = { name: 'claims', input: z.object({ amount: z.number() }), output: z.object({ pay: z.boolean() }) } as const;
type In = { amount: number };
type Out = { pay: boolean };

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((done) => setImmediate(done));
}

function setUp(options: Partial<ReviewQueueOptions> = {}, runtime: UnderstudyOptions = {}) {
  const clock = new VirtualClock();
  const sink = fakeSink();
  const understudy = createUnderstudy({ clock, sinks: [sink], random: seededRandom(5), ...runtime });
  const store = memoryReviews();
  const queue = reviewQueue(understudy, { name: 'claims', store, ...options });
  const changes = async (): Promise<readonly (readonly unknown[])[]> => {
    await understudy.flush();
    return sink.ofType('review-changed').map(({ change, by, waitedMs }) => [change, by, waitedMs]);
  };
  return { clock, sink, understudy, store, queue, changes };
}

const ask = (decisionId: string, priority = 0) => ({
  model: 'claims',
  decisionId,
  input: { amount: 5 },
  output: { pay: true },
  why: 'rule',
  priority,
});

describe('a case', () => {
  it('is taken by one, answered, becomes an outcome, and is told step by step', async () => {
    const { clock, queue, understudy, sink, changes } = setUp();
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor: () => ({ pay: true }), version: '1' } },
      champion: 'v1',
    });
    const { id } = await model.predict({ amount: 5 });
    expect(await queue.request(ask(id))).toBe(id);
    expect(await queue.request(ask(id))).toBeUndefined();
    await clock.advance(500);
    const task = await queue.take(who('ana'));
    expect(task).toMatchObject({ id, input: { amount: 5 }, output: { pay: true }, why: 'rule' });
    expect(await queue.take(who('bob'))).toBeUndefined();
    if (task === undefined) return;
    await clock.advance(500);
    await queue.answer(task, { output: { pay: false }, reason: 'a repeat' }, who('ana'));
    await settled();
    expect(await changes()).toEqual([
      ['requested', 'reviews', 0],
      ['taken', 'ana', 500],
      ['answered', 'ana', 1000],
      ['resolved', 'ana', 1000],
    ]);
    expect(sink.ofType('outcome')).toMatchObject([
      { decisionId: id, kind: 'override', by: 'ana', reason: 'a repeat', result: 'counted' },
    ]);
    expect((await queue.list({ states: ['settled'] }))[0]).toMatchObject({ id, state: 'settled' });
    const labels = [];
    for await (const label of queue.labels()) labels.push(label);
    expect(labels).toMatchObject([{ decisionId: id, label: { pay: false }, agrees: false, by: ['ana'], probability: 1 }]);
  });

  it('the higher priority comes first, then the older', async () => {
    const { clock, queue } = setUp();
    for (const [id, priority] of [
      ['a', 0],
      ['b', 5],
      ['c', 0],
    ] as const) {
      await queue.request(ask(id, priority));
      await clock.advance(1);
    }
    const taken = [];
    for (const id of ['x', 'y', 'z']) taken.push((await queue.take(who(id)))?.id);
    expect(taken).toEqual(['b', 'a', 'c']);
  });

  it('goes back when its time is over, at once for the next, and told once', async () => {
    const { clock, queue, changes } = setUp({ leaseMs: 5000, pollMs: 1000 });
    await queue.request(ask('d1'));
    const first = await queue.take(who('ana'));
    await clock.advance(4999);
    expect(await queue.take(who('bob'))).toBeUndefined();
    await clock.advance(1);
    await settled();
    const second = await queue.take(who('bob'));
    expect(second?.id).toBe('d1');
    if (first === undefined || second === undefined) return;
    await expect(queue.answer(first, { agrees: true }, who('ana'))).rejects.toMatchObject({ code: 'CONTROL_CONFLICT' });
    await queue.answer(second, { agrees: true }, who('bob'));
    expect((await changes()).filter(([change]) => change === 'lapsed')).toEqual([['lapsed', 'ana', 5000]]);
  });

  it('that somebody goes on with stays theirs; one that is given back is free', async () => {
    const { clock, queue } = setUp({ leaseMs: 5000 });
    await queue.request(ask('d1'));
    const task = await queue.take(who('ana'));
    if (task === undefined) throw new Error('nothing to take');
    await clock.advance(4000);
    await queue.renew(task);
    await clock.advance(4000);
    expect(await queue.take(who('bob'))).toBeUndefined();
    await queue.release(task, { by: who('ana'), reason: 'not mine' });
    expect((await queue.take(who('bob')))?.id).toBe('d1');
  });

  it('is given again, renewed, to who has it and names it: a page that was loaded anew has lost its token', async () => {
    const { clock, queue, changes } = setUp({ leaseMs: 5000 });
    await queue.request(ask('d1'));
    const first = await queue.take(who('ana'));
    await clock.advance(4000);
    const again = await queue.take(who('ana'), { id: 'd1' });
    expect([again?.token, again?.until]).toEqual([first?.token, clock.wall() + 5000]);
    expect(await queue.take(who('bob'), { id: 'd1' })).toBeUndefined();
    expect((await changes()).map(([change]) => change)).toEqual(['requested', 'taken']);
  });

  it('that is passed on goes to others first: its reviewer is given it by its name alone', async () => {
    const { queue, understudy, sink } = setUp({ escalation: [{ afterMs: 60_000, priority: 7 }] });
    for (const id of ['d1', 'd2']) await queue.request(ask(id));
    const task = await queue.take(who('ana'), { id: 'd1' });
    if (task === undefined) throw new Error('nothing to take');
    await expect(queue.escalate(task, note('bob'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await queue.escalate(task, { by: who('ana'), reason: 'above my limit' });
    await understudy.flush();
    expect(sink.ofType('review-changed').at(-1)).toMatchObject({ change: 'escalated', by: 'ana', reason: 'above my limit' });
    expect(await queue.read('d1')).toMatchObject({ priority: 7, escalated: 1, leases: [], passedBy: ['ana'] });
    expect(await queue.status()).toMatchObject({ escalated: 1, waiting: 2, taken: 0 });
    expect((await queue.take(who('ana')))?.id).toBe('d2');
    expect((await queue.take(who('bob')))?.id).toBe('d1');
    await expect(queue.escalate(task, { by: who('ana'), reason: 'x' })).rejects.toMatchObject({ code: 'CONTROL_CONFLICT' });
  });

  it('takes no answer that is no output of its model', async () => {
    const { queue, understudy } = setUp();
    understudy.defineModel(contract, { variants: { v1: { predictor: () => ({ pay: true }), version: '1' } }, champion: 'v1' });
    await queue.request(ask('d1'));
    const task = await queue.take(who('ana'));
    if (task === undefined) throw new Error('nothing to take');
    const wrong = queue.answer(task, { output: { pay: 'perhaps' }, reason: 'x' }, who('ana'));
    await expect(wrong).rejects.toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('answer.output.pay') });
    await queue.answer(task, { output: { pay: false }, reason: 'x' }, who('ana'));
  });

  it('that cannot be recorded keeps no other one waiting', async () => {
    const { clock, queue, understudy } = setUp({ answerMs: 1000 });
    for (const id of ['d1', 'd2']) await queue.request(ask(id));
    const task = await queue.take(who('ana'), { id: 'd1' });
    if (task !== undefined) await queue.answer(task, { output: { pay: 'perhaps' }, reason: 'x' }, who('ana'));
    // Another process has answered, and this one defines a model that takes no such answer.
    understudy.defineModel(contract, { variants: { v1: { predictor: () => ({ pay: true }), version: '1' } }, champion: 'v1' });
    await clock.advance(2000);
    await settled();
    expect(await queue.read('d1')).toMatchObject({ state: 'resolved' });
    expect(await queue.read('d2')).toMatchObject({ state: 'waiting', escalated: 1 });
  });

  it('escalates at its times to the millisecond, each step once over two processes', async () => {
    const { clock, queue, understudy, store, changes } = setUp({
      pollMs: 1,
      escalation: [{ afterMs: 50 }, { afterMs: 120, priority: 7 }],
    });
    const other = reviewQueue(understudy, {
      name: 'claims',
      store,
      pollMs: 1,
      escalation: [{ afterMs: 50 }, { afterMs: 120, priority: 7 }],
    });
    await queue.request(ask('d1'));
    for (let ms = 0; ms < 130; ms++) {
      await clock.advance(1);
      await settled();
    }
    expect((await changes()).filter(([change]) => change === 'escalated')).toEqual([
      ['escalated', 'reviews', 50],
      ['escalated', 'reviews', 120],
    ]);
    expect((await queue.list())[0]).toMatchObject({ priority: 107, escalated: 2 });
    await other.close();
  });

  it('that is blind hides the model’s answer from who answers, and needs one of their own', async () => {
    const { queue } = setUp({ blind: true });
    await queue.request(ask('d1'));
    const task = await queue.take(who('ana'));
    expect(task).toMatchObject({ blind: true, input: { amount: 5 } });
    expect(task && 'output' in task).toBe(false);
    if (task === undefined) return;
    await expect(queue.answer(task, { agrees: true }, who('ana'))).rejects.toThrow('the model’s answer is hidden');
    await queue.answer(task, { output: { pay: true }, reason: 'as usual' }, who('ana'));
    expect((await queue.list({ states: ['resolved'] }))[0]?.result).toMatchObject({ agrees: true });
  });

  it('of two reviewers counts how far they agree', async () => {
    const { queue } = setUp({ reviewers: 2 });
    for (let index = 0; index < 8; index++) {
      await queue.request(ask(`d${index}`));
      for (const id of ['ana', 'bob']) {
        const task = await queue.take(who(id), { id: `d${index}` });
        if (task === undefined) throw new Error('nothing to take');
        const pay = index < 4 || (index === 7 && id === 'bob');
        await queue.answer(task, pay ? { agrees: true } : { output: { pay: false }, reason: 'no' }, who(id));
      }
    }
    const third = await queue.take(who('carl'));
    if (third !== undefined) await queue.answer(third, { agrees: true }, who('carl'));
    const { agreement, resolved, waiting } = await queue.status();
    expect([resolved, waiting, agreement?.count, agreement?.agreement]).toEqual([8, 0, 8, 7 / 8]);
    // Observed 7/8; by chance 4/8 · 5/8 + 4/8 · 3/8 = 1/2.
    expect(agreement?.kappa).toBeCloseTo(0.75, 12);
  });

  it('is taken by the one that it is assigned to alone, until that is escalated', async () => {
    const { clock, queue, understudy, sink } = setUp({ answerMs: 1000, pollMs: 100 });
    await queue.request(ask('d1'));
    await queue.assign('d1', 'bob', note());
    await understudy.flush();
    expect(sink.ofType('review-changed').at(-1)).toMatchObject({ change: 'assigned', by: 'ana', reason: 'a test' });
    expect(await queue.take(who('ana'))).toBeUndefined();
    await clock.advance(1000);
    await settled();
    expect((await queue.take(who('ana')))?.id).toBe('d1');
  });

  it('nobody waits for is withdrawn, and kept no longer than it should be', async () => {
    const { clock, queue } = setUp({ keepMs: 10_000 });
    await queue.request(ask('d1'));
    await queue.withdraw('d1', note());
    expect(await queue.take(who('ana'))).toBeUndefined();
    await expect(queue.withdraw('d1', note())).rejects.toThrow('it is withdrawn already');
    await clock.advance(12_000);
    await settled();
    expect(await queue.list({ states: ['withdrawn'] })).toEqual([]);
  });

  it('reasons leave the process as redact says', async () => {
    const mask = (text: string): string => text.replaceAll('Ana', '[name]');
    const { queue, understudy, sink } = setUp({}, { redact: allowFields([], { mask }) });
    await queue.request(ask('d1'));
    const task = await queue.take(who('rita'));
    if (task !== undefined) await queue.answer(task, { output: { pay: false }, reason: 'Ana said no' }, who('rita'));
    await understudy.flush();
    expect(sink.ofType('review-changed').at(-1)?.reason).toBe('[name] said no');
    expect((await queue.list({ states: ['resolved'] }))[0]?.result?.reason).toBe('Ana said no');
  });

  it('is erased with its decision', async () => {
    const { queue } = setUp();
    for (const id of ['a', 'b']) await queue.request(ask(id));
    expect(await queue.erase(['a', 'c'])).toBe(1);
    expect((await queue.list()).map(({ id }) => id)).toEqual(['b']);
  });
});

describe('who may not', () => {
  it('takes, answers and assigns nothing', async () => {
    const { queue } = setUp({}, { authorize: roles() });
    await queue.request(ask('d1'));
    for (const role of ['viewer', 'auditor', 'operator', 'approver', 'nobody'])
      await expect(queue.take(who('eve', role))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const task = await queue.take(who('ana'));
    if (task === undefined) throw new Error('nothing to take');
    await expect(queue.answer(task, { agrees: true }, who('eve', 'viewer'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(queue.answer(task, { agrees: true }, who('bob'))).rejects.toThrow('taken by somebody else');
    await expect(queue.release(task, { by: who('bob'), reason: 'x' })).rejects.toThrow('taken by somebody else');
    await expect(queue.renew(task, who('bob'))).rejects.toThrow('taken by somebody else');
    await expect(queue.renew(task, who('ana', 'viewer'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await queue.renew(task, who('ana'))).token).toBe(task.token);
    await expect(queue.assign('d1', 'bob', { by: who('ana'), reason: 'x' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(queue.withdraw('d1', { by: who('ana'), reason: 'x' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await queue.list())[0]?.answers).toEqual([]);
  });

  it('is told for the audit trail; what they might do can be asked without', async () => {
    const { queue, understudy, sink } = setUp({}, { authorize: roles() });
    await queue.request(ask('d1'));
    expect(await queue.rights(who('eve', 'viewer'))).toEqual({ take: false, answer: false, assign: false });
    expect(await queue.rights(who('ana', 'reviewer', 'operator:claims'))).toEqual({ take: true, answer: true, assign: true });
    await queue.take(who('eve', 'viewer')).catch(() => undefined);
    await queue.assign('d1', 'bob', { by: who('ana'), reason: 'x' }).catch(() => undefined);
    await understudy.flush();
    expect(sink.ofType('review-changed').slice(1)).toMatchObject([
      { change: 'refused', by: 'eve', review: '', model: '', reason: expect.stringContaining('review-take') as string },
      { change: 'refused', by: 'ana', review: 'd1', reason: expect.stringContaining('review-assign') as string },
    ]);
  });
});

describe('bad input', () => {
  it.each([
    [{ agrees: false }],
    [{}],
    [null],
    [{ output: undefined, reason: 'x' }],
    [{ output: 5 }],
    [{ output: 5, reason: '' }],
    [{ output: () => 5, reason: 'x' }],
    [{ output: Symbol('x'), reason: 'x' }],
    [{ agrees: true, output: 5, reason: 'x' }],
  ])('the answer %j is refused, and the case stays', async (answer) => {
    const { queue } = setUp();
    await queue.request(ask('d1'));
    const task = await queue.take(who('ana'));
    if (task === undefined) throw new Error('nothing to take');
    await expect(queue.answer(task, answer as never, who('ana'))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await queue.answer(task, { agrees: true }, who('ana'));
  });

  it('requests and options', async () => {
    const { queue, understudy } = setUp();
    for (const change of [{ why: '' }, { probability: 0 }, { probability: 2 }, { model: '' }, { inputs: 1 }, { input: 5n }])
      await expect(queue.request({ ...ask('d9'), ...change })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(() => reviewQueue(understudy, { name: '' })).toThrow('name');
    expect(() => reviewQueue(understudy, { name: 'q', reviewers: 3 as never })).toThrow('reviewers');
    expect(() => reviewQueue({} as never, { name: 'q' })).toThrow('createUnderstudy');
    await expect(queue.take({ id: '', roles: [] })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(queue.take(who('ana'), { id: 'nothing' })).rejects.toThrow('has no review nothing');
  });

  it('a store that fails is told, and the queue goes on', async () => {
    const inner = memoryReviews();
    const list = vi.fn<typeof inner.list>(inner.list).mockRejectedValueOnce(new Error('ECONNREFUSED'));
    const { queue } = setUp({ store: { ...inner, list } });
    await queue.request(ask('d1'));
    await expect(queue.take(who('ana'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
    expect((await queue.take(who('ana')))?.id).toBe('d1');
  });

  it('no more wait than may', async () => {
    const { queue } = setUp({ maxWaiting: 2 });
    for (const id of ['a', 'b', 'c']) await queue.request(ask(id));
    expect(await queue.status()).toMatchObject({ waiting: 2, dropped: 1 });
  });
});

describe('beside a model', () => {
  async function sampled(options: Omit<ReviewSampleOptions<In, Out>, 'queue'>, calls = 400) {
    const { clock, queue, understudy } = setUp();
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor: ({ amount }: In) => ({ pay: amount < 50 }), version: '1' } },
      champion: 'v1',
      monitors: [reviewSample({ queue, ...options })],
    });
    for (let index = 0; index < calls; index++) await model.predict({ amount: index % 100 });
    await settled();
    return { clock, model, cases: await queue.list({ limit: 1000 }) };
  }

  it('asks by uncertainty, by rule, by segment and at random, with the probability of any of them', async () => {
    const { cases } = await sampled({
      random: 0.1,
      uncertain: { confidence: (_, { amount }) => Math.abs(amount - 50), below: 5, share: 0.5 },
      segments: { by: ({ amount }) => (amount >= 90 ? 'large' : 'small'), shares: { large: 0.2 } },
    });
    const probabilities = new Set(cases.map(({ probability }) => Math.round(probability * 1e6) / 1e6));
    expect([...probabilities].toSorted((a, b) => a - b)).toEqual([0.1, 0.28, 0.55]);
    // Weighted back by their probability, the cases stand for all decisions.
    const weighted = cases.reduce((sum, { probability }) => sum + 1 / probability, 0);
    expect(Math.abs(weighted - 400)).toBeLessThan(120);
    expect(cases.find(({ segment }) => segment === 'large')).toMatchObject({
      input: { amount: expect.any(Number) as number },
      output: { pay: false },
    });
  });

  it('asks about what a tier has served, and about nothing else', async () => {
    const { queue, understudy } = setUp();
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor: ({ amount }: In) => ({ pay: amount < 50 }), version: '1' } },
      champion: 'v1',
      fallback: [always({ pay: false })],
      monitors: [reviewSample<In, Out>({ queue, tiers: ['always'] })],
    });
    await model.predict({ amount: 1 });
    await model.control.pause(note());
    const { id } = await model.predict({ amount: 2 });
    await settled();
    expect(await queue.list()).toMatchObject([{ decisionId: id, why: 'served by the tier always', probability: 1 }]);
  });

  it('a function that throws fails no call and hides no other reason', async () => {
    const { clock, model, cases } = await sampled(
      {
        random: 1,
        rule: () => {
          throw new Error('odd');
        },
        segments: { by: () => ({}) as never, shares: {} },
      },
      5,
    );
    expect(cases).toHaveLength(5);
    await clock.advance(5000);
    await model.predict({ amount: 1 });
    await clock.advance(5000);
    expect(JSON.stringify(model.status().monitors)).toContain('failures:rule');
  });

  it('leaves out what is too much for an hour, and says so', async () => {
    const { clock, model, cases } = await sampled({ random: 1, maxPerHour: 3 }, 10);
    expect(cases).toHaveLength(3);
    await clock.advance(5000);
    await model.predict({ amount: 1 });
    await clock.advance(5000);
    expect(JSON.stringify(model.status().monitors)).toContain('left 8 out');
  });

  it('options that make no sense are told when the model is defined', () => {
    const { queue, understudy } = setUp();
    const define = (options: object) => () =>
      understudy.defineModel(
        { ...contract, name: 'other' },
        {
          variants: { v1: { predictor: () => ({ pay: true }), version: '1' } },
          champion: 'v1',
          monitors: [reviewSample<In, Out>({ queue, ...options })],
        },
      );
    expect(define({ random: 2 })).toThrow('random');
    expect(define({ uncertain: { below: 1 } })).toThrow('uncertain.confidence');
    expect(define({ queue: {} })).toThrow('queue');
  });
});

describe('in the place of a model', () => {
  async function served(answerMs?: number, keepLate = false) {
    const parts = setUp({ pollMs: 100 }, { authorize: roles() });
    const { queue, understudy, clock } = parts;
    const model = understudy.defineModel(contract, {
      variants: {
        v1: {
          predictor: (): Out => {
            throw new Error('down');
          },
          version: '1',
        },
        people: {
          predictor: humanReview<In, Out>({ queue, model: 'claims', when: ({ amount }) => amount > 10, keepLate }),
          version: '1',
          effects: 'once',
          policies: [timeout({ ms: 5000 })],
        },
      },
      champion: 'v1',
      fallback: ['people', always({ pay: false })],
    });
    const call = model.predict({ amount: 50 });
    await settled();
    if (answerMs !== undefined) {
      await clock.advance(answerMs);
      const task = await queue.take(who('ana'));
      if (task === undefined) throw new Error('nothing to take');
      await queue.answer(task, { output: { pay: true }, reason: 'looked at' }, who('ana'));
    }
    await settled();
    return { ...parts, model, call };
  }

  it('the caller has what a reviewer says, within the time of the call', async () => {
    const { call } = await served(2000);
    expect(await call).toMatchObject({ output: { pay: true }, servedBy: { variant: 'people' }, degraded: true });
  });

  it('nobody answers in time: the next tier serves, and the case is withdrawn', async () => {
    const { call, clock, queue } = await served();
    await clock.advance(6000);
    expect(await call).toMatchObject({ output: { pay: false }, servedBy: { tier: 'always' } });
    await settled();
    expect(await queue.status()).toMatchObject({ waiting: 0, withdrawn: 1 });
  });

  it('a case that is kept goes on waiting for its label', async () => {
    const { call, clock, queue } = await served(undefined, true);
    await clock.advance(6000);
    await call;
    await settled();
    expect(await queue.status()).toMatchObject({ waiting: 1, withdrawn: 0 });
  });

  it('an input that people are not asked about goes on to the next tier', async () => {
    const { model, queue, clock, call } = await served();
    expect((await model.predict({ amount: 1 })).servedBy).toMatchObject({ tier: 'always' });
    expect((await queue.status()).waiting).toBe(1);
    await clock.advance(6000);
    await call;
  });
});

it('an answer is recorded once it can be: the process that defines the model later does it', async () => {
  const { clock, queue, understudy, sink } = setUp({ truth: (label) => label, pollMs: 1000 });
  const define = () =>
    understudy.defineModel(
      { ...contract, truth: contract.output },
      { variants: { v1: { predictor: () => ({ pay: true }), version: '1' } }, champion: 'v1', replace: true },
    );
  const { id } = await define().predict({ amount: 1 });
  const elsewhere = createUnderstudy({ clock });
  const away = reviewQueue(elsewhere, { name: 'claims', store: memoryReviews(), pollMs: 1000 });
  await away.request(ask(id));
  const task = await away.take(who('ana'));
  if (task !== undefined) await away.answer(task, { agrees: true }, who('ana'));
  await settled();
  expect((await away.list({ states: ['resolved'] })).length).toBe(1);
  await queue.request(ask(id));
  const here = await queue.take(who('ana'));
  if (here !== undefined) await queue.answer(here, { agrees: true }, who('ana'));
  await settled();
  await understudy.flush();
  expect(sink.ofType('outcome').map(({ kind, result }) => [kind, result])).toEqual([
    ['feedback', 'counted'],
    ['truth', 'counted'],
  ]);
  await away.close();
});
