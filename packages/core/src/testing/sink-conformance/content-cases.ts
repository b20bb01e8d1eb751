import type { EventType, UnderstudyEvent } from '../../events/event.ts';
import { allowFields } from '../../events/redaction.ts';
import { SinkQueue } from '../../events/sink-queue.ts';
import { systemClock } from '../../time/index.ts';
import { createUnderstudy } from '../../runtime/create-understudy.ts';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { check } from '../conformance/check.ts';
import { same } from '../store-conformance/same.ts';
import { sampleEvent } from './sample-events.ts';
import { type OpenSink, type SinkCase, soon, typesOf } from './sink-case.ts';

const LONG = 50_000;

/** Texts that break whoever takes care of plain ones alone. */
const HOSTILE_TEXTS: readonly string[] = [
  'line\nbreak\r\n\u2028\u2029',
  'nul\u0000and\u001bescape\u007f',
  'lone \ud800 surrogates \udc00',
  'surrogates in the wrong order \udc00\ud800',
  '漢字 😀 á a\u0301 \u202e right to left',
  `'; drop table events; -- " \\ \\u0000 $1 {} %s %o`,
  '<script>&lt;b</script> *bold* <!channel> {{x}} ${y}',
  '\ufeffmark',
  '__proto__',
  ' ',
  'x'.repeat(LONG),
];

/** Fields that hold a text of anybody's, by type. */
const TEXT_FIELDS: { readonly [T in EventType]: readonly string[] } = {
  decision: ['assigned', 'servedBy', 'version', 'reason', 'unitHash', 'tenant', 'parentId'],
  outcome: ['decisionId', 'assigned', 'servedBy', 'by', 'reason'],
  'shadow-compared': ['decisionId', 'variant', 'version'],
  'circuit-changed': ['variant', 'reason'],
  'control-changed': ['command', 'variant', 'by', 'reason'],
  'rollout-changed': ['rollout', 'challenger', 'from', 'to', 'by', 'reason', 'evidence'],
  'monitor-changed': ['monitor', 'kind'],
  'alert-raised': ['monitor', 'kind', 'reason'],
  'retrain-requested': ['monitor', 'kind', 'reason', 'champion', 'version'],
  'registry-changed': ['version', 'digest', 'alias', 'from', 'by', 'reason'],
  'review-changed': ['queue', 'review', 'decisionId', 'why', 'by', 'reason'],
  'callback-failed': ['callback', 'reason'],
  'telemetry-dropped': ['sink'],
};
const ALWAYS = ['id', 'model', 'application', 'environment'];

function hostileEvents(types: readonly EventType[]): readonly UnderstudyEvent[] {
  return types.flatMap((type) =>
    [...ALWAYS, ...TEXT_FIELDS[type]].flatMap((field) =>
      // Ids stay different.
      HOSTILE_TEXTS.map((text, index) => sampleEvent(type, { [field]: field === 'id' ? `${type} ${index} ${text}` : text })),
    ),
  );
}

/** Numbers that JSON has not, and data that hold anything. */
function oddEvents(types: readonly EventType[]): readonly UnderstudyEvent[] {
  const data = {
    ['__proto__']: { polluted: true },
    nan: Number.NaN,
    infinite: [Infinity, -Infinity, -0, 2 ** 60, 5e-324],
    nothing: undefined,
    list: [undefined, null, [], {}],
    texts: HOSTILE_TEXTS.slice(0, -1),
    ...Object.fromEntries(HOSTILE_TEXTS.slice(0, -1).map((text) => [`key ${text}`, 1])),
  };
  return types.flatMap((type) => [
    sampleEvent(type, {
      durationMs: Number.NaN,
      delayMs: Infinity,
      weight: -Infinity,
      difference: Number.NaN,
      share: Number.NaN,
    }),
    sampleEvent(type, {
      more: data,
      tenant: undefined,
      ...(type === 'decision' ? { input: data, output: data, facts: { a: 'b' } } : {}),
    }),
  ]);
}

const CANARY = 'canary-7f3a';

/** A schema that lets everything through. */
const anything = <T>(): StandardSchemaV1<T, T> => ({
  '~standard': { version: 1, vendor: 'conformance', validate: (value) => ({ value: value as T }) },
});

interface Message {
  readonly text: string;
  readonly inner: { readonly secret: string };
}

/** A runtime with this sink makes decisions, failures, outcomes and commands about what holds the canary everywhere. */
async function useRuntime({ sink }: OpenSink, allowed: readonly string[]): Promise<unknown> {
  const understudy = createUnderstudy({ sinks: [sink], sinkQueue: { backoffMs: 1 }, redact: allowFields(allowed) });
  const contract = { name: 'claims', input: anything<Message>(), output: anything<Message>() };
  const model = understudy.defineModel(contract, {
    variants: {
      v1: {
        version: '1',
        predictor: ({ text }) => {
          if (text.startsWith('fail')) throw Object.assign(new Error(CANARY), { code: CANARY, cause: new Error(CANARY) });
          return { text: CANARY, inner: { secret: CANARY } };
        },
      },
      v2: { version: '1', predictor: () => ({ text: `${CANARY} of the shadow`, inner: { secret: CANARY } }) },
    },
    champion: 'v1',
    shadow: { v2: {} },
  });
  const message = (start: string): Message => ({ text: `${start} ${CANARY}`, inner: { secret: CANARY } });
  const { id } = await model.predict(message('ask'), { unit: CANARY });
  await model.predict(message('fail'), { unit: CANARY }).catch(() => undefined);
  await model.recordOutcome(id, { truth: message('truth') });
  await model.recordOutcome(id, { override: { output: message('override'), by: 'ana', reason: 'known' } });
  await model.control.pause({ by: { id: 'ana', roles: [] }, reason: 'a test' });
  await understudy.close({ timeoutMs: 10_000 });
  return understudy.status();
}

/** Each hostile event is delivered or refused, and costs none of the plain ones between them. */
async function settleAmongPlain(opened: OpenSink, hostile: readonly UnderstudyEvent[]): Promise<void> {
  const { sink, ids } = opened;
  const plain = hostile.map(({ type }) => sampleEvent(type));
  const queue = new SinkQueue(sink, systemClock, { attempts: 2, backoffMs: 1, flushMs: 1, maxBytes: 2 ** 28, maxEvents: 1e6 });
  for (const [index, event] of hostile.entries()) [event, plain[index]].forEach((one) => one !== undefined && queue.push(one));
  await soon(queue.close(new AbortController().signal), 'close of the queue');
  const { delivered, lost, queued, lastError } = queue.status();
  const refused = Object.entries(lost).reduce((sum, [reason, count]) => sum + (reason.startsWith('refused/') ? count : 0), 0);
  const said = lastError === undefined ? '' : `: ${lastError}`;
  same(
    [delivered + refused, queued],
    [2 * hostile.length, 0],
    `events that are delivered or refused, and those that wait${said}`,
  );
  check(refused <= hostile.length, `${refused} were refused for ${hostile.length} hostile ones${said}`);
  if (ids === undefined) return;
  const seen = new Set(await ids());
  const missing = plain.filter(({ id }) => !seen.has(id)).length;
  check(missing === 0, `${missing} of ${plain.length} plain events did not arrive${said}`);
}

/** What an event holds breaks nothing, and content goes nowhere unasked. */
export const contentCases: readonly SinkCase[] = [
  {
    title: 'hostile texts in every field: each event arrives or is refused, and costs no other',
    async run({ open }) {
      const opened = await open(false);
      await settleAmongPlain(opened, hostileEvents(typesOf(opened.sink)));
    },
  },
  {
    title: 'numbers and data that JSON has not: each event arrives or is refused, and costs no other',
    async run({ open }) {
      const opened = await open(true);
      await settleAmongPlain(opened, oddEvents(typesOf(opened.sink)));
      check(!('polluted' in {}), 'it has changed the prototype of all objects');
    },
  },
  {
    title: 'content: none without being asked for, whatever is allowed; units, errors and outcomes are never told',
    async run({ open }) {
      const opened = await open(false);
      const status = await useRuntime(opened, ['input.text', 'output.text', 'input.inner']);
      const bytes = await opened.arrived();
      check(!bytes.includes(CANARY), 'the canary has arrived');
      check(!JSON.stringify(status).includes(CANARY), 'the status holds the canary');
    },
  },
  {
    title: 'content: asked for, it is what was allowed and nothing else',
    async run({ open }) {
      const opened = await open(true);
      const { sink, ids } = opened;
      await useRuntime(opened, ['input.inner.none', 'output.none']);
      check(!(await opened.arrived()).includes(CANARY), 'what was not allowed has arrived');
      const other = await open(true);
      await useRuntime(other, ['input.text']);
      if (sink.content !== true || ids === undefined) return;
      const bytes = await other.arrived();
      check(bytes.includes(`ask ${CANARY}`), 'what was allowed has not arrived');
      check(!bytes.includes(`${CANARY} of the shadow`), 'an output has arrived that was not allowed');
    },
  },
];
