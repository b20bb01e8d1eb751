import { always, createUnderstudy, type DecisionEvent, rules } from '@understudy/core';
import { expect, it } from 'vitest';
import { explained } from './explained.ts';

const any = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
const percent = (share: number): string => `${share * 100} %`;

async function decided() {
  const understudy = createUnderstudy();
  const events: DecisionEvent[] = [];
  understudy.on('decision', (event) => events.push(event));
  const model = understudy.defineModel(
    { name: 'm', input: any, output: any },
    {
      variants: {
        v1: {
          version: '1',
          predictor: () => {
            throw new Error('it broke');
          },
        },
      },
      champion: 'v1',
      fallback: [rules({ name: 'table', version: '3', rows: [], otherwise: { is: 'ruled' } }), always({ is: 'fixed' })],
    },
  );
  const decision = await model.predict({ of: 'the page' });
  const [event] = events;
  if (event === undefined) throw new Error('no event');
  return { decision, event };
}

it('says what the event tells, as long as the page has not shown the decision', async () => {
  const { event } = await decided();
  const { from, facts, attempts, reason, input } = explained(event, undefined, percent);
  expect([from, input, reason]).toEqual(['event', undefined, event.reason]);
  expect(facts).toContainEqual(['Assigned', 'v1, by champion, with 100 %']);
  expect(facts).toContainEqual(['Served by', 'table 3 (rules)']);
  expect(attempts.map(({ name, resultClass }) => [name, resultClass])).toEqual([
    ['v1', 'failed'],
    ['table', 'ok'],
  ]);
});

it('says what explain() says of a decision that the page has shown, with input and output', async () => {
  const { event, decision } = await decided();
  const { from, facts, input, output } = explained(event, decision, percent);
  expect([from, input?.value, output?.value]).toEqual(['explain', { of: 'the page' }, { is: 'ruled' }]);
  expect(facts.find(([name]) => name === 'Rescued from')?.[1]).toContain('PREDICTOR_FAILED of v1');
  expect(facts.some(([name]) => name === 'Rules that fired')).toBe(true);
});

it('an attempt that served at once is there too', async () => {
  const { event } = await decided();
  const well = { ...event, attempts: [], tier: 'model', servedBy: 'v1', durationMs: 5 } as const;
  expect(explained(well, undefined, percent).attempts).toMatchObject([{ name: 'v1', durationMs: 5, resultClass: 'ok' }]);
  expect(explained({ ...well, outcome: 'failed' }, undefined, percent).attempts).toEqual([]);
});

it('survives what only looks like a decision', async () => {
  const { event } = await decided();
  const hostile = {
    id: event.id,
    get input(): never {
      throw new Error('no');
    },
    output: 1,
    explain: (): never => {
      throw new Error('no');
    },
  };
  expect(explained(event, hostile, percent)).toMatchObject({ from: 'event', output: { value: 1 } });
});

it.each<[string, (real: object) => unknown]>([
  ['nothing', () => undefined],
  ['a promise', async (real) => real],
  ['an empty object', () => ({})],
  ['a control document that cannot be read', (real) => ({ ...real, control: null })],
  ['isolated variants that are none', (real) => ({ ...real, control: { isolated: 7 } })],
  ['what throws when it is read', () => new Proxy({}, { get: () => expect.fail('read') })],
])('where explain() of what was shown answers with %s, the event tells', async (_, explain) => {
  const { decision, event } = await decided();
  const shown = { id: decision.id, input: 1, output: 2, explain: () => explain(decision.explain()) as never };
  expect(explained(event, shown, percent)).toEqual({
    ...explained(event, undefined, percent),
    input: { value: 1 },
    output: { value: 2 },
  });
});
