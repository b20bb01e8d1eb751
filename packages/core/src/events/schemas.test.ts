import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import {
  sampleCircuit,
  sampleControl,
  sampleDecision,
  sampleDropped,
  sampleOutcome,
  sampleRescue,
  sampleShadow,
} from '../../tests/support/sample-events.ts';
import { usageOf } from '../../tests/support/usage.ts';
import { eventSchema, eventSchemas, parseEvent } from './schemas.ts';

const samples = [
  sampleDecision({ tenant: 't1', parentId: 'p', facts: { digest: 'sha256:00' }, input: { amount: 5 }, output: { score: 0.5 } }),
  sampleDecision({ usage: usageOf({ total: 120, noCache: 100, cacheRead: 20 }, { total: 30 }, 1500), firstContentMs: 240 }),
  sampleDecision({ usage: usageOf({}, { total: 30 }, null) }),
  sampleRescue(),
  sampleDecision({ outcome: 'failed', tier: 'none', servedBy: '', version: '', degraded: true, errorType: 'NOTHING_SERVED' }),
  sampleOutcome({ kind: 'kpi', kpi: { savedMinutes: 12 } }),
  sampleOutcome({ kind: 'override', by: 'ana', reason: 'known customer' }),
  sampleShadow(),
  sampleShadow({ agrees: null, resultClass: 'failed', errorType: 'TIMEOUT' }),
  sampleCircuit(),
  sampleControl({ variant: 'v1' }),
  sampleDropped(),
];

/** What it threw, which must be an UnderstudyError. */
function outcomeOf(read: () => unknown): UnderstudyError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (UnderstudyError.is(error)) return error;
    throw error;
  }
}

function errorOf(read: () => unknown): UnderstudyError {
  const error = outcomeOf(read);
  if (error === undefined) throw new Error('it threw nothing');
  return error;
}

const problemsOf = (read: () => unknown): readonly string[] =>
  (errorOf(read).details.problems ?? []).map(({ path, message }) => `${path}: ${message}`);

describe('schemas of events', () => {
  it.each(samples.map((event) => [`${event.type} ${event.id}`, event] as const))(
    '%s goes through JSON unchanged',
    (_name, event) => {
      expect(parseEvent(JSON.stringify(event))).toEqual(event);
      expect(parseEvent(event)).toEqual(event);
      expect(eventSchemas[event.type].parse(event)).toEqual(event);
    },
  );

  it('keeps fields that it does not know, also in attempts: a later version may add some', () => {
    const rescue = sampleRescue();
    const event = { ...rescue, stage: 3, attempts: rescue.attempts.map((attempt) => Object.assign({ region: 'eu' }, attempt)) };
    expect(parseEvent(JSON.stringify(event))).toEqual(event);
  });

  it.each([
    [2, '2'],
    [0, '0'],
    ['1', '"1"'],
    [undefined, 'undefined'],
  ])('refuses version %j, and says what to do', (v, told) => {
    expect(problemsOf(() => parseEvent({ ...sampleDecision(), v }))).toEqual([
      `v: expected 1, got ${told}: read it with the version of @understudy/core that wrote it, or a newer one`,
    ]);
    expect(errorOf(() => parseEvent({ ...sampleDecision(), v })).code).toBe('INPUT_INVALID');
  });

  it('names every field that is wrong', () => {
    const event = { ...sampleRescue(), probability: 1.5, attempts: [{ ...sampleRescue().attempts[0], resultClass: 'fine' }] };
    expect(problemsOf(() => parseEvent(event))).toEqual([
      expect.stringMatching(/^probability: /),
      expect.stringMatching(/^attempts\[0\]\.resultClass: /),
    ]);
    expect(problemsOf(() => parseEvent({ ...sampleDecision(), type: 'decison' }))).toEqual([expect.stringMatching(/^type: /)]);
    expect(problemsOf(() => parseEvent({ ...sampleOutcome(), kpi: { a: 'b' } }))).toEqual([expect.stringMatching(/^kpi\.a: /)]);
  });

  it('refuses what is no event without showing it', () => {
    expect(problemsOf(() => parseEvent('{"secret"'))).toEqual([': expected one line of JSON']);
    expect(problemsOf(() => parseEvent('null'))).toEqual([': expected an object']);
    expect(problemsOf(() => parseEvent(undefined))).toEqual([': expected an object']);
    expect(errorOf(() => parseEvent('{"secret"')).message).not.toContain('secret');
  });

  it('throws nothing but typed errors, whatever it reads', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.json(),
          fc.record({ v: fc.constant(1), type: fc.constantFrom('decision', 'outcome'), id: fc.anything() }),
        ),
        (value) => {
          const refused = outcomeOf(() => parseEvent(value));
          expect(
            refused === undefined
              ? eventSchema.safeParse(typeof value === 'string' ? JSON.parse(value) : value).success
              : refused.code === 'INPUT_INVALID',
          ).toBe(true);
        },
      ),
    );
  });
});
