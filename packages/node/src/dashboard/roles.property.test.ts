import { type ControlChangedEvent, createUnderstudy, memoryStore, type ReviewChangedEvent } from '@understudy/core';
import { type ReviewQueue, reviewQueue } from '@understudy/core/review';
import { DEFAULT_ROLES, type Permission, roles } from '@understudy/core/roles';
import { gate } from '@understudy/core/rollout';
import { VirtualClock } from '@understudy/core/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { dashboard, type Viewer } from '../dashboard.ts';
import { COMMANDS, REVIEW_ACTIONS } from './wire.ts';

const HOST = 'http://ops.example';
const PERMISSIONS = [...new Set(Object.values(DEFAULT_ROLES).flat())];
const NAMES = [...Object.keys(DEFAULT_ROLES), 'night-shift', '__proto__', 'constructor', ''];

/** What may be asked of the dashboard, and what the table calls it. */
const KINDS: readonly { readonly path: 'command' | 'review'; readonly name: string; readonly kind: Permission }[] = [
  ...COMMANDS.map((name) => ({ path: 'command' as const, name, kind: name })),
  ...REVIEW_ACTIONS.map((name) => ({
    path: 'review' as const,
    name,
    kind: ({ answer: 'review-answer', assign: 'review-assign' } as const)[name as 'answer'] ?? ('review-take' as const),
  })),
];

type Table = Readonly<Record<string, readonly Permission[]>>;

const table: fc.Arbitrary<Table> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.constantFrom('owner', 'operator', 'reviewer', 'night-shift'), fc.subarray(PERMISSIONS), {
      maxKeys: 3,
    }),
  },
);
const held = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('owner', 'operator', 'reviewer', 'approver') },
    { weight: 2, arbitrary: fc.constantFrom(...NAMES) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom(...NAMES), fc.constantFrom('triage', 'claims', 'other', ''))
        .map((pair) => pair.join(':')),
    },
    { weight: 1, arbitrary: fc.string() },
  ),
  { maxLength: 3 },
);
const viewer: fc.Arbitrary<Viewer | undefined> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      id: fc.constantFrom('ana', 'bob', 'mallory'),
      roles: held,
      may: fc.oneof(
        { weight: 3, arbitrary: fc.constant('control' as const) },
        fc.constantFrom('read' as const, 'review' as const),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant(undefined) },
);

/** Headers that say where a request comes from, and whether they are of the page itself. */
const origin = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom([{ 'sec-fetch-site': 'same-origin' }, true] as const, [{ origin: HOST }, true] as const),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<readonly [Record<string, string>, boolean]>(
      [{}, false],
      [{ origin: 'null' }, false],
      [{ origin: 'http://evil.example' }, false],
      [{ origin: 'http://ops.example.evil.example' }, false],
      [{ 'sec-fetch-site': 'cross-site', origin: HOST }, false],
      [{ 'sec-fetch-site': 'same-site' }, false],
      [{ 'sec-fetch-site': 'none' }, false],
      [{ 'sec-fetch-site': 'SAME-ORIGIN' }, false],
    ),
  },
);

/** What a body claims beside what it may say: never believed. */
const claims = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '"by":{"id":"lee","roles":["owner"]}',
      '"roles":["owner"]',
      '"operator":{"id":"lee","roles":["owner"]}',
      '"may":"control"',
      '"viewer":{"id":"lee","roles":["owner"],"may":"control"}',
      '"constructor":{"prototype":{"roles":["owner"]}}',
      '"kind":"read"',
    ),
  },
);
/** What may stand in place of a body. */
const hostile = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.constantFrom('', '{', 'null', '[]', '"pause"', '7', '{"__proto__":{"model":"triage"}}', '{"model":{"toString":1}}'),
      fc.json(),
    ),
  },
);

const request = fc.record({
  what: fc.constantFrom(...KINDS),
  viewer,
  origin,
  claims,
  hostile,
  variant: fc.constantFrom('v2', 'v2', 'v9', undefined),
  isOld: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  reason: fc.constantFrom('a test', 'a test', ' '),
  id: fc.constantFrom('d1', 'd1', 'd2', 'd3', 'nothing', undefined),
  /** Whose token is used: that of the case, or none that is. */
  isForged: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  agrees: fc.boolean(),
});
type Asked = typeof request extends fc.Arbitrary<infer T> ? T : never;

/** The rule in other words than those of the library: a role by its plain name, or for one model after a colon. */
function isAllowed(own: Table, given: readonly string[], kind: Permission, model: string): boolean {
  const all = new Map<string, readonly Permission[]>([...Object.entries(DEFAULT_ROLES), ...Object.entries(own)]);
  return [...all].some(
    ([role, permissions]) => permissions.includes(kind) && (given.includes(role) || given.includes(`${role}:${model}`)),
  );
}

async function setUp(own: Table, fourEyes: boolean, isHeld: boolean) {
  const clock = new VirtualClock();
  const understudy = createUnderstudy({
    clock,
    store: memoryStore({ acceptLoss: true }),
    authorize: roles({ roles: own }),
    ...(fourEyes ? { fourEyes: ['resume', 'unpin'] } : {}),
  });
  const variant = (version: string) => ({ version, predictor: ({ n }: { readonly n: number }) => ({ n }) });
  const model = understudy.defineModel(
    { name: 'triage', input: z.object({ n: z.number() }), output: z.object({ n: z.number() }) },
    {
      variants: { v1: variant('1'), v2: variant('2') },
      champion: 'v1',
      rollout: {
        challenger: 'v2',
        canaryShares: [0.25, 0.5],
        minUnits: 1,
        bakeMs: 1,
        approval: 'manual',
        gates: [gate({ name: 'reviewed', check: () => ({ verdict: 'proceed', reason: 'a test' }) })],
      },
    },
  );
  // A rollout that waits for its approval, and cases of which ana and bob have one each.
  await understudy.ready();
  for (let unit = 0; unit < 20; unit++) await model.predict({ n: 1 }, { unit: String(unit) });
  for (let second = 0; second < 3; second++) {
    await clock.advance(1000);
    await understudy.ready();
  }
  const queue = reviewQueue(understudy, { name: 'claims' });
  for (const id of ['d1', 'd2', 'd3'])
    await queue.request({ model: 'triage', decisionId: id, input: id, output: { n: 1 }, why: 'rule' });
  const withAll = (id: string) => ({ id, roles: Object.keys({ ...DEFAULT_ROLES, ...own }) });
  await Promise.allSettled([
    queue.take(withAll('ana'), { id: 'd1' }),
    queue.take(withAll('bob'), { id: 'd2' }),
    ...(isHeld ? [model.control.rollout.hold({ by: withAll('lee'), reason: 'a test' })] : []),
  ]);
  await understudy.flush();
  const told: (ControlChangedEvent | ReviewChangedEvent)[] = [];
  understudy.on('control-changed', (event) => told.push(event));
  understudy.on('review-changed', (event) => told.push(event));
  let now: Viewer | undefined;
  const ops = dashboard(understudy, { clock, authorize: () => now, reviews: [queue] });
  const as = (one: Viewer | undefined): void => void (now = one);
  const state = async (): Promise<string> => {
    const { version: _, ...control } = model.status().control;
    return JSON.stringify([control, model.status().control.version, await queue.list()]);
  };
  return { understudy, model, queue, told, ops, as, state };
}

async function bodyOf(asked: Asked, version: number, queue: ReviewQueue): Promise<string> {
  const { what, claims: more, hostile: other, variant, isOld, reason, id, isForged, agrees } = asked;
  if (other !== undefined) return other;
  const [waiting] = await queue.list();
  const held = (await queue.list()).find((one) => one.id === id)?.leases[0];
  const token = isForged ? 'forged' : (held?.token ?? 'none');
  const said =
    what.path === 'command'
      ? { model: 'triage', command: what.name, variant, reason, version: isOld ? version + 7 : version }
      : {
          queue: 'claims',
          action: what.name,
          id: id ?? (what.name === 'take' ? undefined : waiting?.id),
          ...(what.name === 'take' || what.name === 'assign' ? {} : { token }),
          ...(what.name === 'answer' ? (agrees ? { agrees } : { output: { n: 2 }, reason }) : {}),
          ...(what.name === 'assign' ? { to: agrees ? 'bob' : null } : {}),
          ...(what.name === 'take' || what.name === 'renew' || what.name === 'answer' ? {} : { reason }),
        };
  const text = JSON.stringify(said);
  return more === '' ? text : `${text.slice(0, -1)},${more}}`;
}

it('property: over HTTP no command passes that the table forbids, what it allows is obeyed or refused for a stated other reason, and each is told', async () => {
  const seen = new Map<string, Set<string>>();
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.boolean(),
      fc.boolean(),
      fc.array(request, { minLength: 1, maxLength: 12 }),
      async (own, fourEyes, isHeld, asks) => {
        const { understudy, model, queue, told, ops, as, state } = await setUp(own, fourEyes, isHeld);
        for (const asked of asks) {
          const {
            what,
            viewer: one,
            origin: [headers, isOwn],
          } = asked;
          const body = await bodyOf(asked, model.status().control.version, queue);
          const before = await state();
          const isTheirs =
            what.name === 'take' && (await queue.read(asked.id ?? ''))?.leases.some(({ by }) => by === one?.id) === true;
          const from = told.length;
          as(one);
          tried++;
          const response = await ops(
            new Request(`${HOST}/ops/api/${what.path}`, {
              method: 'POST',
              headers: { 'content-type': 'application/json', ...headers },
              body,
            }),
          );
          const answer = (await response.json()) as {
            readonly task?: unknown;
            readonly error?: { readonly code: string; readonly message: string };
          };
          await understudy.flush();
          const events = told.slice(from).filter((event) => event.type !== 'review-changed' || event.change !== 'resolved');
          const code = answer.error?.code ?? 'obeyed';
          const hasChanged = (await state()) !== before;
          const context = JSON.stringify({ own, one, body, headers, code, message: answer.error?.message, events });

          // The doors, in their order: nobody's roles are asked behind a closed one.
          const mayEnter = one !== undefined && (what.path === 'command' ? one.may === 'control' : one.may !== 'read');
          const isOdd = one?.roles.includes('') === true;
          const known = one === undefined ? 'FORBIDDEN' : isOdd ? 'UNSURE' : mayEnter ? undefined : 'READ_ONLY';
          const door = isOwn ? known : 'CROSS_ORIGIN';
          if (door !== undefined) {
            expect([code, events, hasChanged, context]).toEqual([door, [], false, context]);
            continue;
          }
          if (one === undefined) throw new Error('There is nobody.');
          if (asked.hostile !== undefined || asked.claims !== '') {
            expect([context, response.status, code, events, hasChanged]).toEqual([
              context,
              400,
              expect.stringMatching(/^(INPUT_INVALID|NOT_JSON)$/),
              [],
              false,
            ]);
            continue;
          }
          const allowed = isAllowed(own, one.roles, what.kind, what.path === 'command' ? 'triage' : 'claims');
          const kinds = seen.get(what.name) ?? new Set();
          seen.set(what.name, kinds.add(code));
          if (code === 'obeyed') {
            expect([context, allowed]).toEqual([context, true]);
            // To go on with what one has, and to find that nothing waits, changes nothing that the trail is about.
            const isTold = what.path === 'command' || (what.name !== 'renew' && hasChanged && !isTheirs);
            expect([context, events]).toMatchObject([context, isTold ? [{ by: one.id }] : []]);
            const ends = events.map((event) => (event.type === 'review-changed' ? event.change : event.result));
            expect([context, ends.filter((end) => /forbidden|refused|awaits/.test(end))]).toEqual([context, []]);
          } else if (code === 'FORBIDDEN') {
            const isOthers = /taken by somebody else/.test(answer.error?.message ?? '');
            expect([context, allowed, hasChanged]).toEqual([context, isOthers, false]);
            const end = what.path === 'command' ? { result: 'forbidden' } : { change: 'refused' };
            expect([context, events]).toMatchObject([context, [{ by: one.id, ...end }]]);
          } else {
            // A reason of another kind, which is said; what the table forbids never comes so far as to change something.
            expect([context, answer.error?.message ?? '', code, hasChanged]).toEqual([
              context,
              expect.stringMatching(/./),
              expect.stringMatching(/^(INPUT_INVALID|UNKNOWN_VARIANT|CONTROL_CONFLICT|CHANGED_MEANWHILE|SECOND_PERSON_NEEDED)$/),
              false,
            ]);
            const awaited = code === 'SECOND_PERSON_NEEDED' ? [{ result: 'awaits-second', by: one.id }] : [];
            expect([context, events]).toMatchObject([context, awaited]);
            const isBefore = /^(INPUT_INVALID|UNKNOWN_VARIANT|CHANGED_MEANWHILE)$/.test(code);
            expect([context, allowed || isBefore]).toEqual([context, true]);
          }
          // Roles that a body claims are nobody's.
          for (const event of events)
            if (event.type === 'control-changed') expect([context, event.roles]).toEqual([context, one.roles]);
        }
        await understudy.close();
        ops.close();
      },
    ),
    { seed: 20261201, numRuns: 2000 },
  );
  expect(tried).toBeGreaterThan(10_000);
  // The property says something of every kind: each was obeyed, and each was refused for want of a role.
  for (const { name } of KINDS)
    expect([name, ...(seen.get(name) ?? [])]).toEqual(expect.arrayContaining([name, 'obeyed', 'FORBIDDEN']));
});
