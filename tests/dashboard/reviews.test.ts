import { createUnderstudy, type ReviewChangedEvent, type Understudy } from '@understudy/core';
import { type ReviewQueue, reviewQueue, type ReviewQueueOptions } from '@understudy/core/review';
import { roles } from '@understudy/core/roles';
import type { DashboardOptions, Viewer } from '@understudy/node/dashboard';
import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { axeViolations } from '../browser/axe.ts';
import { inChromium, widthsOf } from './in-chromium.ts';

const { ends, served, open } = inChromium();

const PEOPLE: Readonly<Record<string, Viewer>> = {
  ana: { id: 'ana', roles: ['reviewer'], may: 'review' },
  bob: { id: 'bob', roles: ['reviewer'], may: 'review' },
  lee: { id: 'lee', roles: ['owner'], may: 'control' },
  eve: { id: 'eve', roles: ['viewer'], may: 'review' },
  vic: { id: 'vic', roles: ['reviewer'], may: 'read' },
};

const claim = {
  name: 'claims',
  input: z.object({ amount: z.number(), note: z.string(), parts: z.array(z.string()) }),
  output: z.object({
    verdict: z.enum(['pay', 'refuse', 'ask']),
    sure: z.boolean(),
    score: z.number(),
    because: z.array(z.string()),
    hint: z.string().optional(),
  }),
} as const;

interface Desk {
  readonly understudy: Understudy;
  readonly queue: ReviewQueue;
  readonly url: string;
  readonly told: ReviewChangedEvent[];
  /** Asks for so many more reviews. */
  request(count: number): Promise<void>;
}

const authorize: NonNullable<DashboardOptions['authorize']> = (request) =>
  PEOPLE[/who=(\w+)/.exec(request.headers.get('cookie') ?? '')?.[1] ?? 'ana'];

async function desk(cases: number, options: Partial<ReviewQueueOptions> = {}): Promise<Desk> {
  const understudy = createUnderstudy({ application: 'claims', authorize: roles() });
  ends.push(() => understudy.close());
  const model = understudy.defineModel(claim, {
    variants: {
      v1: {
        version: '1',
        predictor: ({ amount }) => ({ verdict: 'pay' as const, sure: true, score: amount / 100, because: ['amount'] }),
      },
    },
    champion: 'v1',
  });
  const queue = reviewQueue(understudy, { name: 'claims', pollMs: 50, ...options });
  ends.push(() => queue.close());
  const told: ReviewChangedEvent[] = [];
  understudy.on('review-changed', (event) => told.push(event));
  let made = 0;
  const request = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const input = { amount: 10 * ++made, note: `Case number ${made}: <b>the roof</b>`, parts: ['roof', 'gutter'] };
      const { id, output } = await model.predict(input);
      await queue.request({ model: 'claims', decisionId: id, input, output, why: 'uncertain', priority: -made });
    }
  };
  await request(cases);
  return { understudy, queue, told, request, url: await served(understudy, { authorize, reviews: [queue] }) };
}

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { activeElement: one } = document;
    return one === null ? '' : one.id || `${one.tagName} ${one.textContent}`.slice(0, 60);
  });

/** Presses a key on the page and waits until the focus is there. */
async function pressUntil(page: Page, key: string, focus: string): Promise<void> {
  await page.keyboard.press(key);
  await expect.poll(() => focused(page), { timeout: 60_000 }).toBe(focus);
}

const said = (page: Page, text: string | RegExp) => page.getByRole('status').getByText(text).waitFor();
const heading = (page: Page): Promise<string> => page.locator('h1').innerText();
/** Waits until another case is on the page, and has the focus. */
async function nextCase(page: Page, before: string): Promise<string> {
  await expect.poll(() => heading(page), { timeout: 60_000 }).not.toBe(before);
  await page.getByRole('heading', { name: 'Your answer' }).waitFor();
  await expect.poll(() => focused(page), { timeout: 60_000 }).toBe('review-title');
  return heading(page);
}

describe('by keyboard alone', () => {
  test('one takes cases, agrees, corrects, gives back and passes on; the focus goes along, and each step is told', async () => {
    const { url, queue, told } = await desk(5);
    const { page, noise } = await open(`${url}#/reviews`);
    await page.getByRole('button', { name: /Take the next case/ }).waitFor();
    const { keyboard } = page;

    await keyboard.press('n');
    let now = await nextCase(page, 'Reviews');
    await said(page, 'The next case is yours. It is of claims.');
    // Agree, submit and next.
    await pressUntil(page, 'a', 'answer-submit');
    await keyboard.press('Enter');
    await said(page, 'Answered. The next case is yours.');
    now = await nextCase(page, now);

    // Correct: letters go into fields there, and do nothing else.
    await pressUntil(page, 'c', 'answer-field-0');
    await keyboard.type('refuse');
    await keyboard.press('Tab');
    await keyboard.type('false');
    await keyboard.press('Tab');
    await keyboard.press('Control+A');
    await keyboard.type('0.25');
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    await keyboard.type('nacrel?');
    await pressUntil(page, 'Tab', 'answer-reason');
    await keyboard.type('a repeated claim');
    await keyboard.press('Control+Enter');
    now = await nextCase(page, now);

    // What is missing has the focus, and says so.
    await pressUntil(page, 'c', 'answer-field-0');
    await pressUntil(page, 'Escape', 'review-title');
    await pressUntil(page, 's', 'answer-reason');
    expect(await page.getByText('Say why').innerText()).toContain('audit trail');
    await keyboard.type('looked at twice');
    await keyboard.press('Control+Enter');
    now = await nextCase(page, now);

    // Give back: the list, from where it can be taken again.
    await keyboard.press('r');
    await said(page, 'Given back.');
    await expect.poll(() => focused(page)).toBe('review-title');
    expect(await heading(page)).toBe('claims');
    await keyboard.press('n');
    expect(await nextCase(page, 'claims')).toBe(now);

    // Pass on: asks why.
    await keyboard.press('e');
    await page.getByRole('dialog', { name: /^Pass / }).waitFor();
    await keyboard.type('above my limit');
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await said(page, 'Passed on.');
    await expect.poll(() => heading(page)).toBe('claims');

    await keyboard.press('n');
    now = await nextCase(page, 'claims');
    await pressUntil(page, 'a', 'answer-submit');
    await keyboard.press('Enter');
    await said(page, 'Answered. Nothing waits for you in claims.');
    await expect.poll(() => heading(page)).toBe('claims');

    const steps = told.filter(({ by, change }) => by === 'ana' && change !== 'resolved').map(({ change }) => change);
    expect([steps.slice(0, 6).join(' '), steps.slice(6).join(' ')]).toEqual([
      'taken answered taken answered taken answered',
      'taken released taken escalated taken answered',
    ]);
    const answered = (await queue.list({ states: ['resolved', 'settled'] })).toSorted((a, b) => b.priority - a.priority);
    expect(answered.map(({ result }) => [result?.agrees, result?.output, result?.reason])).toEqual([
      [true, undefined, ''],
      [false, { verdict: 'refuse', sure: false, score: 0.25, because: ['amount'], hint: 'nacrel?' }, 'a repeated claim'],
      // What was corrected to what it was agrees with the model.
      [true, undefined, 'looked at twice'],
      [true, undefined, ''],
    ]);
    expect(await queue.list()).toMatchObject([{ escalated: 1, passedBy: ['ana'] }]);
    expect(noise).toEqual([]);
    await page.context().close();
  });

  test('single keys are listed by ?, do nothing in fields or with others held, and can be turned off for good', async () => {
    const { url, told } = await desk(2);
    const { page } = await open(`${url}#/reviews/claims`);
    await page.getByRole('button', { name: /Take the next case/ }).waitFor();
    await page.keyboard.press('Control+n').catch(() => undefined);
    await page.keyboard.press('Alt+n');
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keys of this page' });
    await dialog.waitFor();
    for (const key of ['n', 'a', 'c', 's', 'r', 'e', '?'])
      expect(await dialog.locator('kbd', { hasText: key }).count()).toBeGreaterThan(0);
    // In a dialog no key of the page works.
    await page.keyboard.press('n');
    await page.keyboard.press('Space');
    await dialog.locator('input:not(:checked)').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('n');
    await page.keyboard.press('?');
    await page.reload();
    await page.getByRole('button', { name: /Take the next case/ }).waitFor();
    await page.keyboard.press('n');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(told.filter(({ change }) => change === 'taken')).toEqual([]);
    await page.getByRole('button', { name: 'Keys' }).focus();
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await page.keyboard.press('Space');
    await dialog.locator('input:checked').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('n');
    await nextCase(page, 'claims');
    expect(told.filter(({ change }) => change === 'taken')).toHaveLength(1);
    await page.context().close();
  });
});

test('two people who take the next case at the same time never have the same', async () => {
  const { url, queue } = await desk(8);
  const pages = await Promise.all(
    ['ana', 'bob'].map(async (cookie) => (await open(`${url}#/reviews/claims`, undefined, { cookie })).page),
  );
  for (const page of pages) await page.getByRole('button', { name: /Take the next case/ }).waitFor();
  let before = ['claims', 'claims'];
  const seen: string[] = [];
  for (let round = 0; round < 4; round++) {
    for (const page of pages) if (round > 0) await pressUntil(page, 'a', 'answer-submit');
    await Promise.all(pages.map((page) => page.keyboard.press(round === 0 ? 'n' : 'Enter')));
    before = await Promise.all(pages.map((page, index) => nextCase(page, before[index] ?? '')));
    seen.push(...before);
  }
  expect(new Set(seen).size).toBe(8);
  for (const page of pages) {
    await pressUntil(page, 'a', 'answer-submit');
    await page.keyboard.press('Enter');
    await said(page, 'Nothing waits for you');
    await page.context().close();
  }
  const answered = await queue.list({ states: ['resolved', 'settled'] });
  expect(answered.map(({ answers }) => answers.length)).toEqual(Array.from({ length: 8 }, () => 1));
  expect(new Set(answered.flatMap(({ answers }) => answers.map(({ by }) => by)))).toEqual(new Set(['ana', 'bob']));
});

describe('somebody’s time for a case', () => {
  test('is renewed while the page is used', async () => {
    const { url, queue } = await desk(1, { leaseMs: 10_000 });
    const { page } = await open(`${url}#/reviews/claims`);
    await page.getByRole('button', { name: /Take the next case/ }).waitFor();
    await page.keyboard.press('n');
    await nextCase(page, 'claims');
    const first = (await queue.list())[0]?.leases[0];
    await page.getByText(/^yours for/).waitFor();
    await expect
      .poll(async () => (await queue.list())[0]?.leases[0]?.until ?? 0, { timeout: 60_000 })
      .toBeGreaterThan(first?.until ?? Infinity);
    expect((await queue.list())[0]?.leases[0]?.token).toBe(first?.token);
    await page.context().close();
  });

  test('that is over is told; what was typed stays, and counts after the case is taken again', async () => {
    const { url, queue } = await desk(1, { leaseMs: 2000, pollMs: 600_000 });
    const { page } = await open(`${url}#/reviews/claims`);
    await page.getByRole('button', { name: /Take the next case/ }).waitFor();
    await page.keyboard.press('n');
    await nextCase(page, 'claims');
    await pressUntil(page, 'c', 'answer-field-0');
    await page.keyboard.type('refuse');
    await page.getByLabel('Why').fill('typed in time');
    // Nobody uses the page: after three times the lease it is let go.
    await page.getByText('Your time for this case is over, and others').waitFor({ timeout: 60_000 });
    await said(page, 'Your time for this case is over');
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Take it again' }).click();
    await page.getByText('Your time for this case is over, and others').waitFor({ state: 'detached' });
    expect([await page.getByLabel('verdict').inputValue(), await page.getByLabel('Why').inputValue()]).toEqual([
      '"refuse"',
      'typed in time',
    ]);
    await page.getByLabel('Why').press('Control+Enter');
    await said(page, 'Answered.');
    expect((await queue.list({ states: ['resolved', 'settled'] }))[0]?.result).toMatchObject({
      output: { verdict: 'refuse' },
      reason: 'typed in time',
    });
    await page.context().close();
  });

  test('that somebody else has by now is refused with its reason, and what was typed stays', async () => {
    const { url, queue } = await desk(1, { leaseMs: 2000, pollMs: 600_000 });
    const { page } = await open(`${url}#/reviews/claims`);
    await page.getByRole('button', { name: /Take the next case/ }).waitFor();
    await page.keyboard.press('n');
    await nextCase(page, 'claims');
    await pressUntil(page, 'c', 'answer-field-0');
    await page.getByLabel('Why').fill('typed in time');
    await page.getByText('Your time for this case is over, and others').waitFor({ timeout: 60_000 });
    await expect.poll(() => queue.take({ id: 'bob', roles: ['reviewer'] }), { timeout: 60_000 }).toBeDefined();
    await page.getByLabel('Why').press('Control+Enter');
    const alert = page.getByRole('alert').getByText('somebody else may have it');
    await alert.waitFor();
    await page.getByRole('button', { name: 'Take it again' }).click();
    await page.getByRole('alert').getByText('It cannot be taken: somebody else has it').waitFor();
    expect(await page.getByLabel('Why').inputValue()).toBe('typed in time');
    expect((await queue.list())[0]?.answers).toEqual([]);
    await page.context().close();
  });

  test('goes on after the page was loaded anew; who closes it with a draft is asked', async () => {
    const { url, told } = await desk(2);
    const { page, noise } = await open(`${url}#/reviews/claims`);
    await page.getByRole('button', { name: /Take the next case/ }).waitFor();
    await page.keyboard.press('n');
    const now = await nextCase(page, 'claims');
    await page.reload();
    await page.getByRole('heading', { name: 'Your answer' }).waitFor();
    expect(await heading(page)).toBe(now);
    expect(told.filter(({ change }) => change === 'taken')).toHaveLength(1);
    await pressUntil(page, 'w', 'answer-reason');
    await page.keyboard.type('half a thought');
    // Left for the list and come back to: it is still there.
    await pressUntil(page, 'Escape', 'review-title');
    await page.keyboard.press('l');
    await expect.poll(() => heading(page)).toBe('claims');
    await page.getByRole('link', { name: now.replace('Case ', '') }).click();
    await page.getByRole('heading', { name: 'Your answer' }).waitFor();
    expect(await page.getByLabel('Why').inputValue()).toBe('half a thought');
    await page.close({ runBeforeUnload: true });
    await expect.poll(() => noise.filter((line) => line.startsWith('dialog'))).toHaveLength(1);
    await page.context().close();
  });
});

describe('what roles allow', () => {
  test('who may not review sees no button that would be refused, and is refused with the reason all the same', async () => {
    const { url, queue, told } = await desk(1);
    const [one] = await queue.list();
    for (const cookie of ['eve', 'vic']) {
      const { page } = await open(`${url}#/reviews/claims/${one?.id ?? ''}`, undefined, { cookie });
      await page.getByText('You may look, and not take cases').waitFor();
      expect((await page.getByRole('button').allInnerTexts()).map((text) => text.trim())).toEqual(['Keys ?']);
      for (const key of ['n', 'a', 'c', 's', 'r', 'e', 'g']) await page.keyboard.press(key);
      expect(await page.getByRole('dialog').count()).toBe(0);
      const refused = await page.evaluate(async () => {
        const body = JSON.stringify({ queue: 'claims', action: 'take' });
        const response = await fetch('api/review', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
        return [response.status, ((await response.json()) as { error: { message: string } }).error.message];
      });
      expect(refused).toEqual([
        403,
        cookie === 'eve'
          ? "eve may not review-take in the queue claims: the runtime's authorize() refused it."
          : 'You may look, and not review: the dashboard’s authorize() says may: read.',
      ]);
      await page.context().close();
    }
    expect(told.filter(({ change }) => change !== 'requested').map(({ change, by }) => [change, by])).toEqual([
      ['refused', 'eve'],
    ]);
  });

  test('a role that was lost meanwhile is told plainly, where it was needed', async () => {
    const understudy = createUnderstudy({ authorize: roles() });
    const queue = reviewQueue(understudy, { name: 'claims' });
    ends.push(() => understudy.close());
    for (const id of ['one', 'two']) await queue.request({ model: 'm', decisionId: id, input: 1, output: 2, why: 'rule' });
    let held = ['reviewer'];
    const url = await served(understudy, { authorize: () => ({ id: 'ana', roles: held, may: 'review' }), reviews: [queue] });
    const { page } = await open(`${url}#/reviews/claims`);
    await page.getByRole('button', { name: /Take the next case/ }).waitFor();
    await page.keyboard.press('n');
    await nextCase(page, 'claims');
    // It has not been asked anew what this person may do.
    await page.route('**/api/reviews', (route) => route.abort());
    held = ['viewer'];
    await pressUntil(page, 'a', 'answer-submit');
    await page.keyboard.press('Enter');
    await page
      .getByText("ana may not review-answer in the queue claims: the runtime's authorize() refused it.")
      .first()
      .waitFor();
    expect((await queue.read('one'))?.answers).toEqual([]);
    await page.context().close();
  });

  test('who may assign does, and the case is for that reviewer alone', async () => {
    const { url, queue } = await desk(1);
    const [one] = await queue.list();
    const { page } = await open(`${url}#/reviews/claims/${one?.id ?? ''}`, undefined, { cookie: 'lee' });
    await page.getByRole('button', { name: 'Assign…' }).waitFor();
    await page.keyboard.press('g');
    const dialog = page.getByRole('dialog', { name: /^Assign/ });
    await dialog.waitFor();
    await page.keyboard.type('bob');
    await page.keyboard.press('Tab');
    await page.keyboard.type('knows roofs');
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await said(page, 'Assigned: it is for bob.');
    await page.getByText('assigned to bob').waitFor();
    expect(await queue.take({ id: 'ana', roles: ['reviewer'] })).toBeUndefined();
    expect((await queue.take({ id: 'bob', roles: ['reviewer'] }))?.id).toBe(one?.id);
    await page.context().close();
  });
});

test('a blind queue tells the page nothing of what the model said, and asks for every field', async () => {
  const { url, queue } = await desk(1, { blind: true });
  const { page } = await open(`${url}#/reviews/claims`);
  const bodies: string[] = [];
  page.on('response', (response) => {
    if (/api\/(review|case)/.test(response.url()))
      void response.text().then(
        (text) => bodies.push(text),
        () => undefined,
      );
  });
  await page.getByRole('button', { name: /Take the next case/ }).waitFor();
  await page.keyboard.press('n');
  await nextCase(page, 'claims');
  expect(await page.getByText('The model’s answer', { exact: true }).count()).toBe(0);
  expect(await page.getByRole('radio').count()).toBe(0);
  await pressUntil(page, 's', 'answer-field-0');
  expect(await page.getByText('It needs a value.').count()).toBe(4);
  await page.getByLabel('verdict').selectOption('ask');
  await page.getByLabel('sure').selectOption('false');
  await page.getByLabel('score').fill('half');
  await page.getByLabel('because').fill('["the roof"]');
  await page.getByLabel('Why').fill('no photo');
  await page.getByLabel('Why').press('Control+Enter');
  await page.getByText('It must be a number').waitFor();
  await page.getByLabel('score').fill('0.5');
  await page.getByRole('button', { name: 'JSON' }).click();
  const json = page.getByLabel('The answer as JSON');
  expect(JSON.parse(await json.inputValue())).toEqual({ verdict: 'ask', sure: false, score: 0.5, because: ['the roof'] });
  await json.fill('{ "verdict": "perhaps", "sure": false, "score": 0.5, "because": [] }');
  await json.press('Control+Enter');
  // The server asks the model’s contract.
  await page.getByRole('alert').getByText('answer.output.verdict').waitFor();
  await json.fill('{ "verdict": "ask", "sure": false, "score": 0.5, "because": [] }');
  await json.press('Control+Enter');
  await said(page, 'Answered.');
  expect(bodies.length).toBeGreaterThan(2);
  expect(bodies.join('')).not.toContain('"score":0.1');
  expect((await queue.list({ states: ['resolved', 'settled'] }))[0]?.result).toMatchObject({
    output: { verdict: 'ask', because: [] },
  });
  await page.context().close();
});

test('a case that no model has answered, of a model that this process does not know, is answered as JSON', async () => {
  const understudy = createUnderstudy();
  ends.push(() => understudy.close());
  const queue = reviewQueue(understudy, { name: 'claims' });
  const id = await queue.request({ model: 'elsewhere', input: 'a text', why: 'asked for its decision' });
  const url = await served(understudy, { authorize, reviews: [queue] });
  const { page } = await open(`${url}#/reviews/claims/${id ?? ''}`);
  await page.getByRole('button', { name: 'Take this case' }).click();
  await page.getByText('No model has answered: give your own.').waitFor();
  expect(await page.getByRole('button', { name: 'Fields' }).count()).toBe(0);
  await pressUntil(page, 'f', 'answer-json');
  await page.keyboard.type('{ "pay": 5 }');
  await page.getByLabel('Why').fill('as agreed');
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await said(page, 'Answered.');
  await expect.poll(() => heading(page)).toBe('claims');
  expect((await queue.list({ states: ['resolved', 'settled'] }))[0]?.result).toMatchObject({ output: { pay: 5 }, by: 'ana' });
  await page.context().close();
});

test.each([
  [1280, 'light', 'none'],
  [360, 'dark', 'none'],
  [1280, 'dark', 'none'],
  [360, 'light', 'active'],
] as const)(
  '%i px wide in %s, forced colours %s: axe finds nothing in any state, and all fits',
  async (width, colorScheme, forcedColors) => {
    const { url, queue } = await desk(3, { reviewers: 2, answerMs: 1 });
    await queue.sweep();
    const held = await queue.take({ id: 'bob', roles: ['reviewer'] });
    if (held !== undefined) await queue.answer(held, { agrees: true }, { id: 'bob', roles: ['reviewer'] });
    const { page, noise } = await open(`${url}#/reviews`, undefined, { width, colorScheme, forcedColors, cookie: 'lee' });
    const check = async (state: string): Promise<void> => {
      expect([state, ...(await axeViolations(page)), ...(await widthsOf(page))]).toEqual([state, width, width]);
    };
    await page.getByRole('button', { name: /Take the next case/ }).waitFor();
    await check('all queues');
    await page.getByRole('link', { name: 'Cases of claims' }).click();
    await page.locator('table a').first().waitFor();
    await check('one queue');
    await page.locator('table a').last().click();
    await page.getByRole('button', { name: 'Take this case' }).waitFor();
    await check('a case that is free');
    await page.getByRole('button', { name: 'Take this case' }).click();
    await page.getByRole('heading', { name: 'Your answer' }).waitFor();
    await check('a case that is mine');
    await page.keyboard.press('s');
    await page.getByText('Say whether the model’s answer stands.').waitFor();
    await check('nothing chosen');
    await page.getByLabel('It does not: correct it').check();
    await page.getByLabel('score').fill('x');
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await page.getByText('It must be a number').waitFor();
    await check('a field that is wrong');
    await page.getByRole('button', { name: 'JSON' }).click();
    await page.getByLabel('The answer as JSON').fill('{');
    await page.getByRole('button', { name: 'Fields' }).click();
    expect(await page.getByLabel('The answer as JSON').inputValue()).toBe('{');
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await page.getByText('It is no JSON').waitFor();
    await check('JSON that is wrong');
    for (const [button, state] of [
      [/^Keys/, 'the keys'],
      ['Pass on…', 'passing on'],
      ['Assign…', 'assigning'],
    ] as const) {
      await page.getByRole('button', { name: button }).click();
      await page.getByRole('dialog').waitFor();
      await check(state);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.evaluate(() => void (location.hash = '#/reviews/claims/nothing'));
    await page.getByText('There is no such case').waitFor();
    await check('a case that is none');
    await page.evaluate(() => void (location.hash = '#/reviews/nowhere'));
    await page.getByText('There is no such queue here').waitFor();
    await check('a queue that is none');
    expect(noise).toEqual([]);
    await page.context().close();
  },
);

test('texts of cases stay texts: no script of theirs runs, and nothing leaves the frame', async () => {
  const payload = `"><img src=x onerror=alert(1)><script>alert(2)</script>'\u202E${'x'.repeat(3000)}`;
  const understudy = createUnderstudy();
  ends.push(() => understudy.close());
  const queue = reviewQueue(understudy, { name: payload.slice(0, 900) });
  const input = { [payload]: payload, list: [payload], deep: { [payload]: { ['__proto__x']: payload } } };
  await queue.request({ model: payload, decisionId: payload, input, output: { [payload]: payload }, why: payload.slice(0, 900) });
  const url = await served(understudy, { authorize, reviews: [queue] });
  for (const width of [1280, 360]) {
    const { page, noise } = await open(`${url}#/reviews`, undefined, { width });
    await page
      .getByRole('button', { name: /Take the next case|Go on/ })
      .first()
      .waitFor();
    const quiet = async (where: string): Promise<void> => {
      const foreign = await page.locator('img, script:not([src])').count();
      expect([where, foreign, ...(await widthsOf(page))]).toEqual([where, 0, width, width]);
    };
    await quiet('all queues');
    await page.getByRole('link', { name: /^Cases of/ }).click();
    await page.locator('table a').first().click();
    await page
      .getByRole('button', { name: 'Take this case' })
      .or(page.getByRole('heading', { name: 'Your answer' }))
      .first()
      .waitFor();
    if (width === 1280) await page.getByRole('button', { name: 'Take this case' }).click();
    await page.getByRole('heading', { name: 'Your answer' }).waitFor();
    await page.getByLabel('It does not: correct it').check();
    await quiet('a case');
    expect(noise).toEqual([]);
    await page.context().close();
  }
});

test('who names no reviews has no word of them, and loads nothing of their page', async () => {
  const understudy = createUnderstudy();
  ends.push(() => understudy.close());
  const url = await served(understudy, { open: 'read-only' });
  const { page } = await open(url);
  await page.getByText('No model is defined').waitFor();
  expect(await page.getByText('Reviews').count()).toBe(0);
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  expect(loaded.filter((name) => name.includes('review'))).toEqual([]);
  await page.evaluate(() => void (location.hash = '#/reviews'));
  await page.getByText('This dashboard has no review queues').waitFor();
  await page.context().close();
});
