import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import {
  answered,
  assignedTo,
  escalated,
  type EscalationStep,
  lapsed,
  mayTake,
  passedOn,
  released,
  renewed,
  type ReviewCase,
  scheduled,
  taken,
  withdrawn,
} from './review-case.ts';

const STEPS: readonly EscalationStep[] = [{ afterMs: 50 }, { afterMs: 120, priority: 7 }];
const made = (change: Partial<ReviewCase> = {}): ReviewCase => ({
  v: 1,
  id: 'd1',
  queue: 'q',
  model: 'm',
  decisionId: 'd1',
  input: { x: 1 },
  output: { y: 1 },
  why: 'random',
  probability: 0.1,
  segment: '',
  blind: false,
  priority: 0,
  createdAt: 0,
  dueAt: 100,
  needed: 1,
  assigned: null,
  leases: [],
  answers: [],
  escalated: 0,
  state: 'waiting',
  resolvedAt: null,
  nextAt: 0,
  version: 1,
  ...change,
});
const lease = (by: string, until: number) => ({ by, token: `${by}-${until}`, until });

const event = fc.record({
  what: fc.constantFrom('take', 'renew', 'release', 'pass on', 'agree', 'differ', 'sweep', 'withdraw', 'assign', 'free'),
  who: fc.constantFrom('ana', 'bob', 'carl', 'dan'),
  value: fc.integer({ min: 2, max: 4 }),
  passes: fc.integer({ min: 0, max: 30 }),
});

it('property: nobody answers twice, never more work on it than it needs, an end is an end, and what majority says counts', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), fc.constantFrom(1, 2), (events, needed) => {
      let state = made({ needed });
      let at = 0;
      const tokens = new Map<string, string>();
      for (const { what, who, value, passes } of events) {
        at += passes;
        const before = state;
        const token = tokens.get(who) ?? 'none';
        try {
          if (what === 'take') {
            const one = lease(who, at + 40);
            state = taken(state, one, at);
            tokens.set(who, one.token);
          } else if (what === 'renew') state = renewed(state, token, at + 40);
          else if (what === 'release') state = released(state, token);
          else if (what === 'pass on') {
            state = passedOn(state, token, STEPS);
            expect([state.assigned, state.passedBy?.includes(who)]).toEqual([null, true]);
          } else if (what === 'agree') state = answered(state, token, { agrees: true }, at);
          else if (what === 'differ') state = answered(state, token, { output: { y: value }, reason: 'so' }, at);
          else if (what === 'withdraw' && passes === 30) state = withdrawn(state, at);
          else if (what === 'assign') state = assignedTo(state, who);
          else if (what === 'free') state = assignedTo(state, null);
          else state = escalated(lapsed(state, at).next, STEPS, at) ?? lapsed(state, at).next;
        } catch (error) {
          expect(UnderstudyError.is(error) && error.code).toBe('CONTROL_CONFLICT');
          expect(state).toBe(before);
        }
        const by = state.answers.map((answer) => answer.by);
        expect(new Set(by).size).toBe(by.length);
        expect(state.leases.filter(({ until }) => until > at).length + by.length).toBeLessThanOrEqual(3);
        if (before.state !== 'waiting') expect(state).toBe(before);
        expect(state.escalated).toBeGreaterThanOrEqual(before.escalated);
        expect(state.answers.length).toBeGreaterThanOrEqual(before.answers.length);
        expect(state.result !== undefined).toBe(state.state === 'resolved');
        if (state.state === 'resolved') {
          expect([1, 2, 3]).toContain(state.answers.length);
          expect(state.leases).toEqual([]);
          expect(scheduled(state, STEPS).nextAt).toBe(state.resolvedAt);
        }
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }
    }),
    { seed: 14, numRuns: 400 },
  );
});

it('two that differ need a third, who decides; what most say counts', () => {
  const answers = (...said: readonly (number | 'agrees')[]): ReviewCase =>
    said.reduce<ReviewCase>(
      (state, value, index) => {
        const one = lease(`r${index}`, 1000);
        const answer = value === 'agrees' ? ({ agrees: true } as const) : { output: { y: value }, reason: 'so' };
        return answered(taken(state, one, index), one.token, answer, index);
      },
      made({ needed: 2 }),
    );
  expect(answers('agrees', 'agrees')).toMatchObject({ state: 'resolved', result: { agrees: true }, needed: 2 });
  expect(answers('agrees', 5)).toMatchObject({ state: 'waiting', needed: 3 });
  expect(answers('agrees', 5, 5)).toMatchObject({ state: 'resolved', result: { output: { y: 5 }, by: 'r1' } });
  expect(answers(4, 5, 6)).toMatchObject({ state: 'resolved', result: { output: { y: 6 }, by: 'r2' } });
  // The model's own answer in other words agrees with it.
  expect(answers('agrees', 1)).toMatchObject({ state: 'resolved', result: { agrees: true } });
});

it('an answer after the time is taken as long as nobody else has the place, and refused afterwards', () => {
  const late = lease('ana', 40);
  const state = taken(made(), late, 0);
  expect(mayTake(state, 'bob', 39)).toBe(false);
  expect(answered(state, late.token, { agrees: true }, 60)).toMatchObject({ state: 'resolved', result: { by: 'ana' } });
  const next = taken(state, lease('bob', 100), 60);
  expect(() => answered(next, late.token, { agrees: true }, 61)).toThrow('somebody else may have it');
  expect(next.leases.map(({ by }) => by)).toEqual(['bob']);
});

it('escalates each step once, at its time to the millisecond, and frees who let it lie', () => {
  const state = made({ assigned: 'ana' });
  expect(scheduled(state, STEPS).nextAt).toBe(50);
  expect(escalated(state, STEPS, 49)).toBeUndefined();
  const first = escalated(state, STEPS, 50);
  expect(first).toMatchObject({ escalated: 1, priority: 100, assigned: null });
  expect(first && escalated(first, STEPS, 119)).toBeUndefined();
  expect(first && escalated(first, STEPS, 120)).toMatchObject({ escalated: 2, priority: 107 });
  expect(first && scheduled(taken(first, lease('bob', 60), 55), STEPS).nextAt).toBe(60);
});
