import { inspect } from 'node:util';
import { UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { expect, test } from 'vitest';
import { slack, type SlackOptions } from './slack.ts';
import type { SlackMessage } from './slack-message.ts';
import { sampleAlert, sampleCommand, sampleRetrain, sampleTransition } from './test-alerts.ts';
import { failureOf, type Received, testReceiver } from './test-receiver.ts';

const { signal } = new AbortController();
const messageOf = ({ json }: Received): SlackMessage => json as unknown as SlackMessage;
const sections = (request: Received): string[] =>
  messageOf(request).blocks.flatMap(({ type, text }) => (type === 'section' ? (text?.text ?? '') : []));
const headers = (received: readonly Received[]): unknown[] => received.map((request) => messageOf(request).blocks[0]?.text?.text);

/** A sink whose events are queued first, as the queue does. */
function queued(options: SlackOptions) {
  const sink = slack(options);
  const write = async (...events: readonly UnderstudyEvent[]): Promise<void> => sink.write(events, { signal });
  const push = (...events: readonly UnderstudyEvent[]): void => events.forEach((event) => sink.queued?.(event));
  return { sink, write, push, send: (...events: readonly UnderstudyEvent[]) => (push(...events), write(...events)) };
}

test('an alert is a message: blocks, a text for notifications, and no signature', async () => {
  const { url, received } = await testReceiver();
  const origin = { application: 'claims-api', environment: 'production' };
  const alert = sampleAlert('a', { ...origin, actions: ['pause', 'retrain'] });
  await slack({ url, link: ({ id }) => `https://wiki.example/alerts?id=${id}&x=1|2` }).write([alert], { signal });
  expect(received.map(({ json }) => json)).toEqual([
    {
      text: 'claims: accuracy: breach',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'claims' } },
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            text: [
              ':red_circle: *accuracy: breach*',
              'accuracy 0.7 is under 0.8',
              'since 2023-11-14T21:56:40.000Z · pause, retrain',
              '<https://wiki.example/alerts?id=a&amp;x=1%7C2|Details>',
            ].join('\n'),
          },
        },
        { type: 'context', elements: [{ type: 'plain_text', text: 'claims-api/production' }] },
      ],
    },
  ]);
  expect(Object.keys(received[0]?.headers ?? {}).filter((name) => name.startsWith('webhook'))).toEqual([]);
});

test('alerts of one model that come together are one message, each model has its own', async () => {
  const { url, received } = await testReceiver();
  const sink = slack({ url });
  expect([sink.flushMs, slack({ url, groupMs: 0 }).flushMs]).toEqual([30_000, 0]);
  await sink.write(
    [
      sampleAlert('a'),
      sampleAlert('b', { model: 'triage' }),
      sampleRetrain('c'),
      sampleTransition('d', 'rolled-back'),
      sampleAlert('e', { phase: 'reminder' }),
    ],
    { signal },
  );
  expect(headers(received)).toEqual(['claims', 'triage']);
  expect(received.map((request) => messageOf(request).text)).toEqual(['claims: 4 alerts', 'triage: accuracy: breach']);
  expect(received.map((request) => sections(request).map((text) => text.split('\n')[0]))).toEqual([
    [
      ':red_circle: *accuracy: breach*',
      ':information_source: *drift asks for a new model*',
      ':rewind: *v2 was rolled back from canary 5 %*',
      ':large_orange_circle: *accuracy: still in breach*',
    ],
    [':red_circle: *accuracy: breach*'],
  ]);
});

test('commands are told on demand; of a rollout the roll-back alone', async () => {
  const { url, received } = await testReceiver();
  const sink = slack({ url, types: ['control-changed', 'rollout-changed'] });
  const types = ['alert-raised', 'retrain-requested', 'rollout-changed', 'control-changed', 'decision'] as const;
  expect(types.filter((type) => slack({ url }).accepts?.(type))).toEqual([
    'alert-raised',
    'retrain-requested',
    'rollout-changed',
  ]);
  expect(types.filter((type) => sink.accepts?.(type))).toEqual(['rollout-changed', 'control-changed']);
  await sink.write([sampleTransition('a', 'canary 25 %')], { signal });
  expect(received).toEqual([]);
  await sink.write([sampleCommand('b'), sampleCommand('c', { result: 'forbidden', reason: '' })], { signal });
  expect(received.flatMap(sections)).toEqual([
    ':information_source: *pause by ana*\nlooks wrong',
    ':information_source: *pause by ana: forbidden*',
  ]);
});

test('nothing in a text is a mention or a link of its own', async () => {
  const { url, received } = await testReceiver();
  await slack({ url }).write([sampleAlert('a', { monitor: '<!channel>', reason: '<@U1> & <http://x|y>' })], { signal });
  expect(messageOf(received[0] as Received).text).toBe('claims: &lt;!channel&gt;: breach');
  expect(sections(received[0] as Received)[0]).toContain('&lt;@U1&gt; &amp; &lt;http://x|y&gt;');
});

test('a message stays within what Slack takes, whatever the events hold', async () => {
  const { url, received } = await testReceiver();
  const long = '😀&'.repeat(5000);
  const many = Array.from({ length: 200 }, (_, index) =>
    sampleAlert(`${index}`, { model: long, monitor: long, reason: '&'.repeat(5000), environment: long, actions: [long] }),
  );
  await slack({ url, link: () => `https://x/${'&'.repeat(2000)}` }).write(many, { signal });
  const { text, blocks } = messageOf(received[0] as Received);
  expect(received).toHaveLength(1);
  expect(text.length).toBeLessThan(3000);
  expect(blocks.length).toBeLessThanOrEqual(50);
  expect(blocks[0]?.text?.text.length).toBeLessThanOrEqual(150);
  for (const section of sections(received[0] as Received)) {
    expect(section.length).toBeLessThanOrEqual(3000);
    expect(section.isWellFormed()).toBe(true);
  }
  expect(blocks.at(-2)?.elements?.[0]?.text).toBe('and 155 more');
});

test.each([
  [
    'throws',
    (): never => {
      throw new Error('x');
    },
  ],
  ['gives no web address', () => 'javascript:alert(1)'],
  ['gives nothing', () => undefined],
])('a link that %s is left out, and the alert arrives', async (_name, link) => {
  const { url, received } = await testReceiver();
  await slack({ url, link }).write([sampleAlert('a')], { signal });
  expect(sections(received[0] as Received)[0]).not.toContain('Details');
});

test('the end of a breach is told once', async () => {
  const { url, received } = await testReceiver();
  const { send } = queued({ url });
  await send(sampleAlert('a'));
  await send(sampleAlert('b', { phase: 'resolved' }));
  await send(sampleAlert('c', { phase: 'resolved' }));
  await send(
    sampleAlert('d', { phase: 'raised', since: 7 }),
    sampleAlert('e', { phase: 'resolved', since: 7 }),
    sampleAlert('f', { phase: 'resolved', since: 7 }),
  );
  expect(received.map((request) => sections(request).length)).toEqual([1, 1, 2]);
});

test('the end of a breach that began before a restart, or that another process told of, is told', async () => {
  const { url, received } = await testReceiver();
  await queued({ url }).send(sampleAlert('a'));
  await queued({ url }).send(sampleAlert('b', { phase: 'resolved' }));
  expect(received.map((request) => messageOf(request).text)).toEqual(['claims: accuracy: breach', 'claims: accuracy: resolved']);
});

test('the end of a breach whose beginning was lost is not told; that of one with a reminder is', async () => {
  const { url, received } = await testReceiver([404]);
  const { push, send } = queued({ url });
  await failureOf(send(sampleAlert('a')));
  push(sampleAlert('b', { since: 8 })); // It never got out of the queue.
  await send(sampleAlert('c', { phase: 'resolved' }), sampleAlert('d', { phase: 'resolved', since: 8 }));
  expect(received).toHaveLength(1);
  push(sampleAlert('e', { since: 9 }));
  await send(sampleAlert('f', { since: 9, phase: 'reminder' }));
  await send(sampleAlert('g', { since: 9, phase: 'resolved' }));
  expect(received).toHaveLength(3);
});

test('a thousand breaches are remembered, and no more', async () => {
  const { url, received } = await testReceiver();
  const { push, send } = queued({ url });
  push(...Array.from({ length: 1001 }, (_, since) => sampleAlert(`r${since}`, { since })));
  await send(sampleAlert('a', { since: 0, phase: 'resolved' }), sampleAlert('b', { since: 1, phase: 'resolved' }));
  expect(received.flatMap(sections)).toHaveLength(1);
});

test('what has arrived is not sent again with what has not; a message that is refused is lost alone', async () => {
  const { url, received } = await testReceiver([204, [429, { 'retry-after': '3' }], 400]);
  const { send } = queued({ url });
  const batch = ['a', 'b', 'c'].map((model) => sampleAlert(model, { model }));
  expect(await failureOf(send(...batch))).toMatchObject({ retryable: true, details: { status: 429, retryAfterMs: 3000 } });
  expect(await failureOf(send(...batch))).toMatchObject({ retryable: false, details: { status: 400, refused: ['b'] } });
  expect(headers(received)).toEqual(['a', 'b', 'b', 'c']);
});

test('F5 the address is a secret: no error, no status and no refused option says its path', async () => {
  const { url } = await testReceiver([404]);
  const secret = url.replace('/events', '/services/T0/B0/TOKEN');
  const leaky: typeof fetch = () => Promise.reject(new TypeError(`no way to ${secret}`));
  const errors = [
    await failureOf(slack({ url: secret }).write([sampleAlert('a')], { signal })),
    await failureOf(slack({ url: 'http://127.0.0.1:1/services/TOKEN' }).write([sampleAlert('a')], { signal })),
    await failureOf(slack({ url: secret, fetch: leaky }).write([sampleAlert('a')], { signal })),
  ];
  for (const error of errors) {
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toMatch(/TOKEN|services/);
    expect(error.message).toContain('http://127.0.0.1:');
  }
  for (const wrong of ['ftp://hooks/TOKEN', 'TOKEN'])
    expect(() => slack({ url: wrong })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.not.stringContaining('TOKEN') as string }),
    );
  expect(errors.every((error) => UnderstudyError.is(error, 'SINK_FAILED'))).toBe(true);
});
