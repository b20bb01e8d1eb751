import { createUnderstudy, type ReviewChangedEvent } from '@understudy/core';
import { memoryReviews, type ReviewQueue, reviewQueue, type ReviewQueueOptions } from '@understudy/core/review';
import { roles } from '@understudy/core/roles';
import { VirtualClock } from '@understudy/core/testing';
import { describe, expect, it } from 'vitest';
import { dashboard, type DashboardOptions, type Viewer } from '../dashboard.ts';
import type { ReviewCasesAnswer, ReviewsAnswer, ReviewTaskAnswer, StatusAnswer } from './wire.ts';

const HOST = 'http://ops.example';
const ANA: Viewer = { id: 'ana', roles: ['reviewer'], may: 'review' };
const note = { by: { id: 'lee', roles: ['owner'] }, reason: 'a test' };

async function setUp(viewer: Viewer = ANA, options: Partial<ReviewQueueOptions> = {}, more: Partial<DashboardOptions> = {}) {
  const clock = new VirtualClock();
  const understudy = createUnderstudy({ clock, authorize: roles() });
  const queue = reviewQueue(understudy, { name: 'claims', ...options });
  const told: ReviewChangedEvent[] = [];
  understudy.on('review-changed', (event) => told.push(event));
  for (const id of ['d1', 'd2']) {
    const asked = { model: 'm', decisionId: id, input: { who: 'Mary' }, output: { pay: 'never' }, why: 'rule' };
    await queue.request(asked);
    await clock.advance(10);
  }
  let now = viewer;
  const ops = dashboard(understudy, { clock, authorize: () => now, reviews: [queue], ...more });
  const get = async <T>(path: string): Promise<T> => (await (await ops(new Request(`${HOST}/ops/api/${path}`))).json()) as T;
  const post = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await ops(
      new Request(`${HOST}/ops/api/review`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    );
    return {
      status: response.status,
      body: (await response.json()) as ReviewTaskAnswer & { error?: { code: string; message: string } },
    };
  };
  const be = (next: Viewer): void => void (now = next);
  return { clock, understudy, queue, ops, get, post, told, be };
}

const given = (changes: object) => ({ queue: 'claims', ...changes });

describe('what reviewers see', () => {
  it('each queue with its figures and what they may do there', async () => {
    const { get, clock } = await setUp();
    expect((await get<StatusAnswer>('status')).reviews).toEqual(['claims']);
    const { queues } = await get<ReviewsAnswer>('reviews');
    expect(queues).toMatchObject([
      {
        name: 'claims',
        status: { waiting: 2, oldestMs: 20, overdue: 0, escalated: 0, agreement: null, answerMs: 86_400_000 },
        rights: { take: true, answer: true, assign: false },
      },
    ]);
    await clock.advance(1000);
    expect((await get<ReviewsAnswer>('reviews')).queues[0]?.status?.oldestMs).toBe(1020);
  });

  it('cases without their content, fifty at a time', async () => {
    const { get, queue } = await setUp();
    for (let index = 0; index < 60; index++) await queue.request({ model: 'm', input: index, why: 'rule' });
    const first = await get<ReviewCasesAnswer>('cases?queue=claims');
    expect([first.cases.length, first.next]).toEqual([50, 50]);
    expect(first.cases[0]).toEqual({
      id: 'd1',
      model: 'm',
      decisionId: 'd1',
      why: 'rule',
      blind: false,
      priority: 0,
      needed: 1,
      escalated: 0,
      assigned: null,
      state: 'waiting',
      answers: 0,
      leases: [],
      createdAt: expect.any(Number) as number,
      dueAt: expect.any(Number) as number,
    });
    const second = await get<ReviewCasesAnswer>('cases?queue=claims&skip=50');
    expect([second.cases.length, second.next]).toEqual([12, undefined]);
    for (const skip of ['-1', 'x', '1e9'])
      expect((await get<ReviewCasesAnswer>(`cases?queue=claims&skip=${skip}`)).cases).toBeDefined();
    expect(await get('case?queue=claims&id=nothing')).toMatchObject({ found: null });
    expect(await get('cases?queue=other')).toMatchObject({ error: { code: 'UNKNOWN_QUEUE' } });
  });

  it('content is for who has taken the case; of a blind one without the model’s answer', async () => {
    const { get, post } = await setUp();
    const texts = await Promise.all(
      ['status', 'reviews', 'cases?queue=claims', 'case?queue=claims&id=d1'].map((path) => get<object>(path)),
    );
    expect(JSON.stringify(texts)).not.toMatch(/Mary|never/);
    expect((await post(given({ action: 'take' }))).body.task).toMatchObject({ input: { who: 'Mary' }, output: { pay: 'never' } });
    const blind = await setUp(ANA, { blind: true });
    const { body } = await blind.post(given({ action: 'take', id: 'd2' }));
    expect(JSON.stringify(body)).toContain('Mary');
    expect(JSON.stringify(body)).not.toContain('never');
  });

  it('what a store says stays in the process', async () => {
    const inner = memoryReviews();
    let isAway = false;
    const list: typeof inner.list = async (query) => {
      if (isAway) throw new Error('password=hunter2');
      return inner.list(query);
    };
    const { get, post } = await setUp(ANA, { store: { ...inner, list } });
    isAway = true;
    const texts = JSON.stringify([await get('reviews'), await get('cases?queue=claims'), await post(given({ action: 'take' }))]);
    expect(texts).toContain('STORE_UNAVAILABLE');
    expect(texts).not.toContain('hunter2');
    isAway = false;
    expect((await post(given({ action: 'take' }))).status).toBe(200);
  });

  it('a queue of one’s own that hangs, throws or lies leaves the others as they are', async () => {
    const odd = (name: string, answer: () => unknown): ReviewQueue =>
      Object.fromEntries([
        ['name', name],
        ...['status', 'rights', 'read', 'list', 'take', 'renew', 'release', 'escalate', 'answer', 'assign'].map((method) => [
          method,
          answer,
        ]),
      ]) as ReviewQueue;
    const base = await setUp();
    const throws = (): never => {
      throw new Error('password=hunter2');
    };
    const reviews = [base.queue, odd('hangs', () => new Promise(() => undefined)), odd('throws', throws), odd('lies', () => 7n)];
    const ops = dashboard(base.understudy, { clock: base.clock, authorize: () => ANA, reviews });
    const answer = ops(new Request(`${HOST}/api/reviews`));
    await base.clock.advance(15_001);
    const text = await (await answer).text();
    expect(text).not.toContain('hunter2');
    expect(
      (JSON.parse(text) as ReviewsAnswer).queues.map(({ name, status, rights }) => [name, status !== null, rights.take]),
    ).toEqual([
      ['claims', true, true],
      ['hangs', false, false],
      ['throws', false, false],
      ['lies', false, false],
    ]);
  });
});

describe('what reviewers do', () => {
  it('each in the name of who was authorised, and told', async () => {
    const { post, queue, told, be, understudy } = await setUp();
    const first = (await post(given({ action: 'take' }))).body.task;
    const token = first?.token ?? '';
    expect((await post(given({ action: 'take', id: 'd1' }))).body.task?.token).toBe(token);
    expect((await post(given({ action: 'renew', id: 'd1', token }))).status).toBe(200);
    expect((await post(given({ action: 'release', id: 'd1', token, reason: 'lunch' }))).status).toBe(200);
    const again = (await post(given({ action: 'take', id: 'd1' }))).body.task?.token ?? '';
    expect(
      (await post(given({ action: 'answer', id: 'd1', token: again, output: { pay: 'now' }, reason: ' a note ' }))).status,
    ).toBe(200);
    const other = (await post(given({ action: 'take' }))).body.task?.token ?? '';
    expect((await post(given({ action: 'escalate', id: 'd2', token: other, reason: 'too large' }))).status).toBe(200);
    expect((await post(given({ action: 'take' }))).body.task).toBeNull();
    expect((await post(given({ action: 'assign', id: 'd2', to: 'bob', reason: 'x' }))).body.error?.code).toBe('FORBIDDEN');
    be({ id: 'lee', roles: ['owner'], may: 'control' });
    expect((await post(given({ action: 'assign', id: 'd2', to: 'bob', reason: 'knows it' }))).status).toBe(200);
    expect(await queue.read('d2')).toMatchObject({ assigned: 'bob' });
    expect((await post(given({ action: 'assign', id: 'd2', to: null, reason: 'all may' }))).status).toBe(200);
    await understudy.flush();
    expect(told.filter(({ by }) => by !== 'reviews').map(({ change, by, reason }) => [change, by, reason])).toEqual([
      ['taken', 'ana', 'It was taken.'],
      ['released', 'ana', 'lunch'],
      ['taken', 'ana', 'It was taken.'],
      ['answered', 'ana', 'a note'],
      ['resolved', 'ana', 'a note'],
      ['taken', 'ana', 'It was taken.'],
      ['escalated', 'ana', 'too large'],
      ['refused', 'ana', "The runtime's authorize() refused review-assign."],
      ['assigned', 'lee', 'knows it'],
      ['assigned', 'lee', 'all may'],
    ]);
  });

  it.each([
    ['another origin', given({ action: 'take' }), { 'sec-fetch-site': 'cross-site' }, 403, 'CROSS_ORIGIN'],
    ['another type', given({ action: 'take' }), { 'content-type': 'text/plain' }, 415, 'NOT_JSON'],
    ['no JSON', '{', {}, 400, 'NOT_JSON'],
    ['null', 'null', {}, 400, 'INPUT_INVALID'],
    ['a name of somebody else', given({ action: 'take', by: { id: 'lee', roles: ['owner'] } }), {}, 400, 'INPUT_INVALID'],
    ['an unknown queue', { queue: 'constructor', action: 'take' }, {}, 404, 'UNKNOWN_QUEUE'],
    ['an unknown action', given({ action: 'withdraw', id: 'd1', reason: 'x' }), {}, 400, 'INPUT_INVALID'],
    ['an unknown case', given({ action: 'take', id: 'nothing' }), {}, 409, 'CONTROL_CONFLICT'],
    ['no token', given({ action: 'answer', id: 'd1', agrees: true }), {}, 400, 'INPUT_INVALID'],
    ['a token that is none', given({ action: 'answer', id: 'd1', token: 'x', agrees: true }), {}, 409, 'CONTROL_CONFLICT'],
    ['no reason', given({ action: 'release', id: 'd1', token: 'x', reason: ' ' }), {}, 400, 'INPUT_INVALID'],
    ['a body that is too large', given({ action: 'take', id: 'x'.repeat(300_000) }), {}, 413, 'TOO_LARGE'],
  ] as const)('%s is refused, and nothing changes', async (_, body, headers, status, code) => {
    const { post, queue } = await setUp();
    const answer = await post(body, headers);
    expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
    expect((await queue.list()).map(({ leases, answers, assigned }) => [leases, answers, assigned])).toEqual([
      [[], [], null],
      [[], [], null],
    ]);
  });

  it('nothing, for who may only look, whatever their roles', async () => {
    for (const viewer of [{ ...ANA, may: 'read' as const }, undefined]) {
      const { post, get, told } = await setUp(
        ANA,
        {},
        viewer === undefined ? { authorize: undefined as never, open: 'read-only' } : { authorize: () => viewer },
      );
      expect((await get<ReviewsAnswer>('reviews')).queues[0]?.rights).toEqual({ take: false, answer: false, assign: false });
      expect((await post(given({ action: 'take' }))).body.error?.code).toBe('READ_ONLY');
      expect(told.filter(({ change }) => change !== 'requested')).toEqual([]);
    }
  });

  it('with another one’s place is refused, and told', async () => {
    const { post, be, told, queue, understudy } = await setUp();
    const token = (await post(given({ action: 'take' }))).body.task?.token ?? '';
    be({ ...ANA, id: 'bob' });
    for (const action of ['renew', 'release', 'escalate', 'answer'] as const) {
      const { status, body } = await post(
        given({ action, id: 'd1', token, reason: 'x', ...(action === 'answer' ? { agrees: true } : {}) }),
      );
      expect([action, status, body.error?.code]).toEqual([action, 403, 'FORBIDDEN']);
    }
    await understudy.flush();
    expect(told.filter(({ change }) => change === 'refused').map(({ by, review }) => [by, review])).toEqual(
      Array.from({ length: 4 }, () => ['bob', 'd1']),
    );
    expect((await queue.read('d1'))?.leases.map(({ by }) => by)).toEqual(['ana']);
  });
});

it('a queue that is none, and two of one name, are refused when the dashboard is made', async () => {
  const { understudy, queue } = await setUp();
  for (const reviews of [[{}], [queue, queue], queue, [null]])
    expect(() => dashboard(understudy, { reviews: reviews as never })).toThrow(/reviews/);
  await queue.withdraw('d1', note);
});
