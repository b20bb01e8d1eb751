import { createServer } from 'node:http';
import { setInterval as every } from 'node:timers/promises';
import {
  allowFields,
  always,
  type ControlChangedEvent,
  createUnderstudy,
  memoryStore,
  rules,
  type Understudy,
  UnderstudyError,
} from '@understudy/core';
import { monitor } from '@understudy/core/monitors';
import { gate } from '@understudy/core/rollout';
import { dashboard, toNodeHandler, type Viewer } from '@understudy/node/dashboard';
import type { Page } from 'playwright';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { demo } from './demo.ts';
import { inChromium, widthsOf } from './in-chromium.ts';
import { axeViolations } from '../browser/axe.ts';

const ANA: Viewer = { id: 'ana.ruiz', roles: ['model-owner'], may: 'control' };
const PAYLOAD = `"><img src=x onerror=alert(1)><script>alert(2)</script>'\u202E{{1}}`;

const { ends, listening, served, open } = inChromium();

async function go(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
  await page.locator('nav.tabs a[aria-current="page"]').waitFor();
}

const SECTIONS = ['', 'rollout', 'monitors', 'decisions', 'spend', 'outcomes', 'audit'];

describe('a busy runtime', () => {
  let url = '';
  beforeAll(async () => {
    const { understudy, clock, run } = await demo();
    url = await served(understudy, { clock, authorize: () => ANA });
    await run(900);
    const stop = new AbortController();
    ends.push(() => stop.abort());
    void (async () => {
      for await (const _ of every(1000, undefined, { signal: stop.signal })) await run(5);
    })().catch(() => undefined);
  });

  /** Each width once with every page, the other theme with what has colours of its own: all pages four times would take minutes. */
  test.each([
    [1280, 'light', ['all models', ...SECTIONS, 'the dialog']],
    [360, 'dark', ['all models', 'rollout', 'decisions', 'the dialog']],
    [360, 'light', ['monitors']],
    [1280, 'dark', ['', 'monitors', 'audit']],
  ] as const)('%i px wide in %s, every page is quiet, fits, and axe finds nothing', async (width, colorScheme, searched) => {
    const { page, noise } = await open(url, undefined, { width, colorScheme });
    const check = async (name: string): Promise<void> => {
      const found = searched.some((one) => one === name) ? await axeViolations(page) : [];
      expect([name, ...found, ...(await widthsOf(page))]).toEqual([name, width, width]);
    };
    await page.locator('table.table').waitFor();
    await check('all models');
    const isFirst = width === 1280 ? colorScheme === 'light' : colorScheme === 'dark';
    for (const section of SECTIONS.filter((one) => isFirst || searched.some((other) => other === one))) {
      await go(page, `#/model/${section === 'spend' ? 'support-reply' : 'claims-triage'}/${section}`);
      await page.locator('canvas, table, .facts').first().waitFor();
      if (section === 'decisions') await page.locator('button.link').first().click();
      await check(section);
    }
    await go(page, '#/model/claims-triage');
    await page.getByRole('button', { name: 'Pause' }).click();
    await check('the dialog');
    expect(noise).toEqual([]);
    await page.context().close();
  });

  test('pages of a model that does nothing say what to do', async () => {
    const { page, noise } = await open(url, undefined, { width: 360 });
    for (const section of SECTIONS) {
      await go(page, `#/model/churn/${section}`);
      await page.locator('.empty').first().waitFor();
      expect([section, ...(await widthsOf(page))]).toEqual([section, 360, 360]);
    }
    expect(await axeViolations(page)).toEqual([]);
    expect(noise).toEqual([]);
    await page.context().close();
  });

  test('it can be used without a mouse, and says where it is', async () => {
    const { page } = await open(url);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('skip');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    await page.getByRole('link', { name: 'support-reply' }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'support-reply' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    expect(await page.title()).toBe('support-reply · Understudy');
    const pause = page.getByRole('button', { name: 'Pause', exact: true });
    await pause.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Pause support-reply' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Pause');
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'support-reply' }).waitFor();
    await page.context().close();
  });

  test('a decision explains itself', async () => {
    const { page } = await open(`${url}#/model/claims-triage/decisions`);
    await page.getByLabel('Tier').selectOption('rules');
    const row = page.locator('button.link').first();
    await row.click();
    const detail = page.locator('.explained').first();
    await detail.waitFor();
    const text = await detail.textContent();
    expect(text).toContain('triage-table 12');
    expect(text).toContain('Rules that fired');
    expect(text).toContain('failed');
    expect(text).not.toContain('Input');
    await page.context().close();
  });
});

test('who loses the connection is told, and is back by itself', async () => {
  const handle = toNodeHandler(dashboard(createUnderstudy(), { open: 'read-only' }));
  const server = createServer((request, response) => void handle(request, response));
  const { page } = await open(`${await listening(server)}/`);
  await page.getByText('No model is defined').waitFor();
  await page.getByText('live', { exact: true }).waitFor();
  server.closeAllConnections();
  await page.getByText('connection lost, trying again').waitFor();
  await page.getByText('live', { exact: true }).waitFor();
  expect(await page.getByText('connection lost').count()).toBe(0);
  await page.context().close();
});

const SMALL = { input: z.object({ n: z.number() }), output: z.object({ n: z.number() }) };

describe('a page that is left open', () => {
  const small = (): Understudy => {
    const understudy = createUnderstudy();
    const variants = { v1: { version: '1', predictor: ({ n }: { n: number }) => ({ n }) } };
    understudy.defineModel({ name: 'm', ...SMALL }, { variants, champion: 'v1' });
    return understudy;
  };

  test('takes a process that was started anew for what it is: one, and not two at once', async () => {
    let handle = toNodeHandler(dashboard(small(), { open: 'read-only' }));
    const server = createServer((request, response) => void handle(request, response));
    const url = await listening(server);
    const processOf = async (): Promise<unknown> =>
      ((await (await fetch(`${url}/api/status`)).json()) as { process: string }).process;
    const { page } = await open(`${url}/`);
    await page.getByText('live', { exact: true }).waitFor();
    const first = await processOf();
    handle = toNodeHandler(dashboard(small(), { open: 'read-only' }));
    server.closeAllConnections();
    const status = page.waitForResponse((response) => response.url().endsWith('/api/status'));
    await page.getByText('connection lost').waitFor();
    expect(((await (await status).json()) as { process: string }).process).not.toBe(first);
    await page.getByText('live', { exact: true }).waitFor();
    await page.waitForTimeout(2500);
    expect(await page.getByText('Several processes').count()).toBe(0);
    await page.context().close();
  });

  test('says so when two processes answer at the same time', async () => {
    const handles = [small(), small()].map((one) => toNodeHandler(dashboard(one, { open: 'read-only' })));
    const server = createServer((request, response) => {
      const handle = handles[request.url?.includes('live') === true ? 1 : 0];
      void handle?.(request, response);
    });
    const { page } = await open(`${await listening(server)}/`);
    const told = page.getByText('Several processes answer this address');
    await told.waitFor();
    expect(await told.count()).toBe(1);
    await page.context().close();
  });

  test('says from when its figures are where the process hangs, asks again, and takes the warning back', async () => {
    const handle = toNodeHandler(dashboard(small(), { open: 'read-only' }));
    let hangs = false;
    const server = createServer((request, response) => {
      // Its streams go on, and say nothing.
      const { write } = response;
      response.write = ((...given: Parameters<typeof write>) => hangs || Reflect.apply(write, response, given)) as typeof write;
      if (!hangs) void handle(request, response);
    });
    const { page } = await open(`${await listening(server)}/`);
    await page.getByText('live', { exact: true }).waitFor();
    hangs = true;
    await page.getByText(/Nothing has come since .*: what is below is of then/).waitFor({ timeout: 20_000 });
    await page.getByText('connection lost, trying again').waitFor();
    hangs = false;
    await page.getByText('live', { exact: true }).waitFor({ timeout: 20_000 });
    const warning = page.getByText('Nothing has come since');
    await warning.waitFor({ state: 'detached' });
    expect(await warning.count()).toBe(0);
    await page.context().close();
  }, 60_000);

  test.each([
    ['a gateway', 502, 'what stands before it says 502. The command may have been obeyed all the same'],
    ['a login', 200, 'log in again, and reload the page. The command may have been obeyed'],
    ['a gateway with JSON of its own', 403, 'Something else than the dashboard answered'],
  ])('says what is known of a command that %s answered', async (_, code, says) => {
    const handle = toNodeHandler(dashboard(small(), { authorize: () => ANA }));
    const server = createServer((request, response) => {
      if (request.method !== 'POST') return void handle(request, response);
      response.writeHead(code, { 'content-type': code === 403 ? 'application/json' : 'text/html' });
      response.end(code === 403 ? '{"message":"Forbidden"}' : '<h1>gateway</h1>');
    });
    const { page } = await open(`${await listening(server)}/#/model/m`);
    await page.getByRole('button', { name: 'Pause' }).click();
    const box = page.getByRole('dialog');
    await box.getByLabel('Why').fill('a test');
    await box.getByRole('button', { name: 'Pause' }).click();
    const alert = box.getByRole('alert');
    await alert.getByText(says).waitFor();
    expect(await alert.textContent()).toContain('look at the audit trail before you give it again');
    await page.context().close();
  });

  test('tells what became of a command whose dialog was closed meanwhile', async () => {
    const handle = toNodeHandler(dashboard(small(), { authorize: () => ANA }));
    const answers: (() => void)[] = [];
    const server = createServer((request, response) => {
      if (request.method !== 'POST') return void handle(request, response);
      answers.push(() => response.writeHead(502).end());
    });
    const { page } = await open(`${await listening(server)}/#/model/m`);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('dialog').getByLabel('Why').fill('a test');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Waiting…' }).waitFor();
    await page.keyboard.press('Escape');
    for (const answer of answers) answer();
    const told = page.getByRole('status');
    await told.getByText('Pause m: ').waitFor();
    expect(await told.textContent()).toContain('may have been obeyed all the same');
    await page.context().close();
  });
});

/** A model with a rollout that waits for an approval at each stage. */
async function controlled(): Promise<{ understudy: Understudy; told: ControlChangedEvent[]; predict: () => Promise<unknown> }> {
  const understudy = createUnderstudy({ store: memoryStore({ acceptLoss: true }), refreshMs: 50 });
  const told: ControlChangedEvent[] = [];
  understudy.on('control-changed', (event) => told.push(event));
  const model = understudy.defineModel(
    { name: 'price', ...SMALL },
    {
      variants: {
        v1: { version: '1', predictor: ({ n }) => ({ n }) },
        v2: { version: '2', predictor: ({ n }) => ({ n }) },
      },
      champion: 'v1',
      fallback: [always({ n: 0 })],
      rollout: {
        challenger: 'v2',
        canaryShares: [0.25, 0.5],
        bakeMs: 1,
        minUnits: 1,
        approval: 'manual',
        gates: [gate({ name: 'reviewed', check: () => ({ verdict: 'proceed', reason: 'reviewed by people' }) })],
      },
    },
  );
  await understudy.ready();
  let units = 0;
  return { understudy, told, predict: () => model.predict({ n: 1 }, { unit: String(units++) }) };
}

describe('controls', () => {
  test('each one says what will change, asks why, and does it in the name of who is logged in', async () => {
    const { understudy, told, predict } = await controlled();
    const stop = new AbortController();
    ends.push(() => stop.abort());
    void (async () => {
      for await (const _ of every(20, undefined, { signal: stop.signal })) {
        await predict();
        await understudy.ready();
      }
    })().catch(() => undefined);
    const { page, noise } = await open(`${await served(understudy, { authorize: () => ANA })}#/model/price`);
    const give = async (button: string, confirm: string, says: RegExp): Promise<void> => {
      // The document may change between the look and the command, by the rollout: then one looks again.
      for (let attempt = 0; ; attempt++) {
        await page.getByRole('button', { name: button, exact: true }).first().click();
        const dialog = page.getByRole('dialog');
        expect(await dialog.textContent()).toMatch(says);
        // By its title: the answer to the command before may still be there.
        const title = await dialog.getByRole('heading').textContent();
        await dialog.getByLabel('Why').fill(`because of ${button}`);
        await dialog.getByRole('button', { name: confirm, exact: true }).click();
        const done = page.getByRole('status').getByText(`${title ?? ''}: done.`);
        const refused = dialog.getByRole('alert').getByText('Nothing was changed');
        await done.or(refused).first().waitFor();
        if (!(await refused.isVisible())) break;
        expect(attempt).toBeLessThan(5);
        await dialog.getByRole('button', { name: 'Cancel' }).click();
      }
      expect(told.at(-1)).toMatchObject({
        by: 'ana.ruiz',
        roles: ['model-owner'],
        reason: `because of ${button}`,
        result: 'obeyed',
      });
    };
    await give('Pause', 'Pause', /No variant of the model is called.*Served in its place by the fixed output “always”/);
    await page.getByText('Paused by ana.ruiz: because of Pause').waitFor();
    await give('Resume', 'Resume', /Paused by ana\.ruiz, because: because of Pause/);
    await give('Pin v1', 'Pin', /Every call goes to v1 1\. Now: .*The rollout waits/);
    await page.getByText('Pinned to v1').first().waitFor();
    await give('Unpin', 'Unpin', /v1 no longer serves every call/);
    await give('Isolate v2', 'Isolate', /v2 serves nothing until it is readmitted/);
    await give('Readmit v2', 'Readmit', /It was isolated because: because of Isolate v2/);
    await page.getByRole('link', { name: /^Rollout/ }).click();
    await give('Approve', 'Approve', /leaves canary/);
    await give('Hold', 'Hold', /until somebody resumes it/);
    await give('Resume rollout', 'Resume', /It was held because: because of Hold/);
    await give('Promote', 'Promote', /Every gate of this stage has its proof/);
    await give('Roll back', 'Roll back', /share goes from .* to 0 % at once/);
    await page.getByText('rolled-back').first().waitFor();
    expect(told.map(({ command }) => command)).toEqual([
      'pause',
      'resume',
      'pin',
      'unpin',
      'isolate',
      'readmit',
      'rollout-approve',
      'rollout-hold',
      'rollout-resume',
      'rollout-promote',
      'rollout-roll-back',
    ]);
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByText('because of Roll back').first().waitFor();
    expect(noise.filter((line) => !line.includes('409'))).toEqual([]);
    await page.context().close();
    stop.abort();
  });

  test('who may only look sees none, and is refused by the server too', async () => {
    const { understudy, told } = await controlled();
    const { page } = await open(`${await served(understudy, { open: 'read-only' })}#/model/price`);
    await page.getByText('open to look').waitFor();
    for (const name of ['Pause', 'Pin v1', 'Isolate v1']) expect(await page.getByRole('button', { name }).count()).toBe(0);
    const status = await page.evaluate(async () => {
      const body = JSON.stringify({ model: 'price', command: 'pause', reason: 'x', version: 0 });
      return (await fetch('api/command', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status;
    });
    expect([status, told]).toEqual([403, []]);
    await page.context().close();
  });

  test('a stranger sees a page that says so, and nothing of the models', async () => {
    const { understudy } = await controlled();
    const url = await served(understudy, {});
    const { page } = await open(url);
    expect(await page.locator('h1').textContent()).toBe('This dashboard is closed');
    expect(await page.content()).not.toContain('price');
    expect(await axeViolations(page)).toEqual([]);
    await page.context().close();
  });

  test('a page of another origin can neither command, nor read, nor frame', async () => {
    const { understudy, told } = await controlled();
    const url = await served(understudy, { authorize: () => ANA });
    const evil = await listening(
      createServer((_, response) => response.setHeader('content-type', 'text/html').end('<h1>evil</h1>')),
    );
    const { page } = await open(evil.replace('127.0.0.1', 'localhost'));
    const found = await page.evaluate(async (target) => {
      const body = JSON.stringify({ model: 'price', command: 'pause', reason: 'x', version: 0 });
      const settle = async (work: Promise<Response>): Promise<string> => work.then(({ type }) => type).catch(() => 'refused');
      const results = [
        await settle(fetch(`${target}api/command`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })),
        await settle(fetch(`${target}api/command`, { method: 'POST', mode: 'no-cors', credentials: 'include', body })),
        await settle(fetch(`${target}api/status`)),
      ];
      const form = document.createElement('form');
      Object.assign(form, { action: `${target}api/command`, method: 'post', enctype: 'text/plain', target: 'sink' });
      const field = document.createElement('input');
      Object.assign(field, { name: body.slice(0, -1), value: '}' });
      form.append(field);
      const frame = document.createElement('iframe');
      frame.name = 'sink';
      document.body.append(frame, form);
      form.submit();
      const framed = document.createElement('iframe');
      framed.src = target;
      document.body.append(framed);
      await new Promise((done) => setTimeout(done, 500));
      return results;
    }, url);
    expect(found).toEqual(['refused', 'refused', 'refused']);
    const frames = page.frames().filter((frame) => frame !== page.mainFrame());
    expect(frames).toHaveLength(2);
    for (const frame of frames) expect(await frame.locator('#app').count()).toBe(0);
    expect(told).toEqual([]);
    expect(understudy.models.get('price')?.status().control.paused).toBe(false);
    await page.context().close();
  });
});

test('a text from outside is a text, wherever it comes from', async () => {
  const understudy = createUnderstudy({
    application: PAYLOAD,
    environment: PAYLOAD,
    store: memoryStore({ acceptLoss: true }),
    redact: allowFields(['input.text', 'output.text']),
    sinks: [{ name: 'content', content: true, write: () => undefined }],
  });
  const reading = {
    measure: PAYLOAD,
    field: PAYLOAD,
    segment: PAYLOAD,
    n: 1,
    value: 1,
    interval: null,
    limit: 0.5,
    reason: PAYLOAD,
  };
  const model = understudy.defineModel(
    { name: PAYLOAD, input: z.object({ text: z.string() }), output: z.object({ text: z.string() }) },
    {
      variants: {
        [PAYLOAD]: {
          version: PAYLOAD,
          predictor: ({ text }: { text: string }, call: { report(report: object): void }) => {
            call.report({ usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } }, model: PAYLOAD });
            throw new UnderstudyError('OUTPUT_INVALID', `${PAYLOAD} ${text}`);
          },
        },
        other: { version: '2', predictor: ({ text }: { text: string }) => ({ text }) },
      },
      champion: PAYLOAD,
      prices: { other: { input: 1, output: 1 } },
      fallback: [
        rules({
          name: PAYLOAD,
          version: PAYLOAD,
          rows: [{ id: PAYLOAD, when: { text: { exists: true } }, then: { text: PAYLOAD }, because: PAYLOAD }],
        }),
      ],
      rollout: {
        challenger: 'other',
        canaryShares: [0.5],
        gates: [gate({ name: PAYLOAD, check: () => ({ verdict: 'hold', reason: PAYLOAD }) })],
      },
      monitors: [
        monitor({
          name: PAYLOAD,
          start: () => ({
            observe: () => undefined,
            read: () => [{ ...reading, status: 'breach' as const }],
            distributions: () => [
              {
                field: PAYLOAD,
                segment: PAYLOAD,
                reference: { n: 1, missing: 0 },
                live: { n: 1, missing: 0 },
                bins: [{ label: PAYLOAD, reference: 1, live: 1 }],
              },
            ],
          }),
        }),
      ],
    } as never,
  );
  const url = await served(understudy, { authorize: () => ({ ...ANA, id: PAYLOAD }), content: true });
  await understudy.ready();
  for (let call = 0; call < 4; call++) {
    const { id } = await model.predict({ text: PAYLOAD }, { unit: PAYLOAD + String(call), tenant: PAYLOAD });
    await model.recordOutcome(id, { override: { output: { text: 'x' }, by: PAYLOAD, reason: PAYLOAD } });
  }
  await understudy.ready();
  const note = { by: { id: PAYLOAD, roles: [PAYLOAD] }, reason: PAYLOAD };
  await model.control.isolate('other', note);
  await model.control.pin(PAYLOAD, note);
  await model.control.rollout.hold(note);
  await model.control.pause(note);
  for (const width of [1280, 360]) {
    const { page, noise } = await open(url, undefined, { width });
    const quiet = async (where: string): Promise<void> => {
      const foreign = await page.locator('img, script:not([src])').count();
      expect([where, foreign, ...(await widthsOf(page))]).toEqual([where, 0, width, width]);
    };
    await page.locator('table.table').waitFor();
    await quiet('all models');
    for (const section of SECTIONS) {
      await go(page, `#/model/${encodeURIComponent(PAYLOAD)}/${section}`);
      await page.locator('main table, main .card, main .empty').first().waitFor();
      if (section === 'decisions') await page.locator('button.link').first().click();
      await quiet(section);
    }
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByRole('dialog').getByLabel('Why').fill(PAYLOAD);
    await page.getByRole('dialog').getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByRole('status').getByText(': done.').waitFor();
    await quiet('the answer');
    await model.control.pause(note);
    expect(noise).toEqual([]);
    await page.context().close();
  }
});

test('names of any length and figures of any size leave the page in its frame, and its head low', async () => {
  const name = 'överlong-name-'.repeat(700);
  const understudy = createUnderstudy({
    application: 'x'.repeat(300),
    environment: 'y'.repeat(300),
    store: memoryStore({ acceptLoss: true }),
  });
  const reading = {
    measure: 'm',
    field: 'f'.repeat(200),
    n: 1e18,
    value: -1.5e300,
    limit: 5e-324,
    status: 'breach',
    reason: 'r'.repeat(600),
  } as const;
  const model = understudy.defineModel({ name, ...SMALL }, {
    variants: { ['v'.repeat(300)]: { version: '1'.repeat(300), predictor: ({ n }: { n: number }) => ({ n }) } },
    champion: 'v'.repeat(300),
    fallback: [always({ n: 0 })],
    monitors: [
      monitor({
        name: 'large',
        start: () => ({ observe: () => undefined, read: () => [{ ...reading, interval: [-1e308, 1e308] }] }),
      }),
    ],
  } as never) as { predict(input: object): Promise<unknown> };
  await understudy.ready();
  for (let call = 0; call < 5; call++) await model.predict({ n: 1 });
  await understudy.ready();
  const url = await served(understudy, { authorize: () => ({ ...ANA, id: 'z'.repeat(900) }) });
  for (const width of [1280, 640, 360]) {
    const { page, noise } = await open(url, undefined, { width });
    await page.locator('table.table').waitFor();
    const heights = async (): Promise<readonly number[]> =>
      page.evaluate(() =>
        ['header.top', 'h1'].map((one) => document.querySelector(one)?.getBoundingClientRect().height ?? Infinity),
      );
    expect(['all models', ...(await widthsOf(page))]).toEqual(['all models', width, width]);
    for (const section of ['', 'monitors']) {
      await go(page, `#/model/${encodeURIComponent(name)}/${section}`);
      await page.locator('main table').first().waitFor();
      const [head = Infinity, title = Infinity] = await heights();
      expect([section, head < 120, title < 120, ...(await widthsOf(page))]).toEqual([section, true, true, width, width]);
    }
    expect(await page.locator('main').textContent()).toContain('−1.5·10³⁰⁰');
    expect(noise).toEqual([]);
    await page.context().close();
  }
});

test('a burst of decisions is shown in part, counted whole, and leaves the page usable', async () => {
  const understudy = createUnderstudy();
  const model = understudy.defineModel(
    { name: 'busy', ...SMALL },
    { variants: { v1: { version: '1', predictor: ({ n }) => ({ n }) } }, champion: 'v1' },
  );
  const url = await served(understudy, { open: 'read-only' });
  const { page, noise } = await open(`${url}#/model/busy/decisions`);
  await page.getByText('live', { exact: true }).waitFor();
  let calls = 0;
  for (let wave = 0; wave < 20; wave++) {
    await Promise.all(Array.from({ length: 1000 }, () => model.predict({ n: calls++ })));
    await new Promise((done) => setTimeout(done, 50));
  }
  await page.getByText(/more in the last second/).waitFor();
  await page.getByRole('button', { name: 'Stand still' }).click();
  await page.getByRole('button', { name: 'Follow' }).waitFor();
  expect(await page.locator('table.decisions tbody tr').count()).toBeLessThanOrEqual(30);
  await page.getByRole('link', { name: 'Traffic' }).click();
  await page.getByText(`0 of ${(calls / 1000).toFixed(0)}K failed`).waitFor();
  expect(noise).toEqual([]);
  await page.context().close();
});
