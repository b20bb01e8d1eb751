import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { always } from '../fallback/always.ts';
import { memoryStore } from '../control/memory-store.ts';
import { drift, fairness, kpiValue, overrides, profileFromRows, serviceLevel } from '../monitors.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { roles } from '../control/roles.ts';
import { errorRate } from '../rollout/gates/error-rate.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { READINESS_CHECKS } from './checks.ts';
import type { ReadinessAnswers } from './evidence.ts';
import { answersTemplate, readAnswers, readiness, type ReadinessOptions, type ReadinessReport } from './readiness.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const DAY = 86_400_000;
const contract = {
  name: 'claims',
  input: z.object({ amount: z.number().min(0), region: z.enum(['north', 'south']) }),
  output: z.object({ pay: z.number() }),
  target: { kind: 'probability', field: 'pay' },
  kpis: { saved: { better: 'higher' } },
} as const;
const said = { answer: 'yes', by: 'ana', at: '2026-11-01' } as const;
const ASKED = READINESS_CHECKS.filter(({ question, look }) => question !== undefined && look === undefined).map(({ id }) => id);
const answers: ReadinessAnswers = { format: 1, answers: Object.fromEntries(ASKED.map((id) => [id, said])) };

/** What a model has that may go. */
async function ready(): Promise<ReadinessOptions> {
  const reference = await profileFromRows(
    Array.from({ length: 500 }, (_, at) => ({ input: { amount: at, region: at % 2 === 0 ? 'north' : 'south' } })),
    contract,
  );
  const options = {
    variants: {
      v1: { predictor: ({ amount }: { amount: number }) => ({ pay: amount / 1000 }), version: '1.0' },
      v2: { predictor: () => ({ pay: 1 }), version: '2.0' },
    },
    champion: 'v1',
    fallback: [always({ pay: 0 })],
    policies: [circuitBreaker()],
    rollout: { challenger: 'v2', gates: [errorRate({ maxRatio: 2 })] },
    monitors: [
      drift({ reference, onBreach: ['alert', 'fall-back'] }),
      serviceLevel(),
      fairness({ groupBy: ({ input }: { input: { region: string } }) => input.region } as never),
      overrides(),
      kpiValue('saved'),
    ],
  } as const;
  const runtime = { store: memoryStore({ acceptLoss: true }), authorize: roles(), sinks: [fakeSink()] };
  const status = createUnderstudy(runtime)
    .defineModel(contract, options as never)
    .status();
  return {
    contract,
    options,
    runtime: { ...runtime, store: { ...runtime.store, name: 'redis', volatile: false } },
    status: {
      ...status,
      monitors: {
        ...(status.monitors ?? ({} as never)),
        reports: (status.monitors?.reports ?? []).map((report) => Object.assign(report, { status: 'ok' as const })),
      },
    },
    version: {
      version: '1.0',
      owner: 'ana',
      digest: `sha256:${'0'.repeat(64)}`,
      lineage: { data: 's3://claims/2026' },
      approvals: [{ by: 'bob' }],
    },
    drill: {
      at: NOW - 3 * DAY,
      model: 'claims',
      faulted: 40,
      servedBy: { always: 40 },
      recoveryMs: 800,
      rollBack: { works: true, reason: '' },
    },
    ledger: { isIntact: true, records: 10 },
    card: { isCurrent: true },
    runbook: 'v1@1.0 drift serviceLevel fairness overrides kpiValue:saved',
    answers,
    at: NOW,
  };
}

const failedIn = ({ checks }: ReadinessReport): readonly string[] =>
  checks.filter(({ result }) => result === 'failed').map(({ id }) => id);

describe('readiness', () => {
  it('of a model that has everything is a go, each check with what was seen', async () => {
    const report = readiness(await ready());
    // Not required: a model of this kind needs neither.
    expect(failedIn(report)).toEqual(['data-quality', 'cost']);
    expect(report).toMatchObject({ model: 'claims', verdict: 'go' });
    expect(report.dimensions.map(({ dimension, isReady }) => [dimension, isReady])).toEqual(
      ['data', 'integration', 'governance', 'change', 'monitoring'].map((name) => [name, true]),
    );
    expect(report.checks.every(({ evidence }) => evidence.length > 3)).toBe(true);
  });

  it('of a bare definition is a no-go, with every gap by its name and what to do', () => {
    const report = readiness({
      contract,
      options: { variants: { v1: { predictor: () => ({ pay: 1 }), version: '1' } }, champion: 'v1' },
      at: NOW,
    });
    expect(report.verdict).toBe('no-go');
    expect(failedIn(report)).toEqual(
      READINESS_CHECKS.map(({ id }) => id).filter((id) => !['input-schema', 'output-schema', 'deadline'].includes(id)),
    );
    expect(report.checks.filter(({ result }) => result === 'failed').every(({ remedy }) => remedy !== undefined)).toBe(true);
  });

  it('is mended step by step: no-go, then four of five in parallel, then a go', async () => {
    const whole = await ready();
    const { version, card, ledger, drill, runbook, answers: all, ...start } = whole;
    const steps: readonly [Partial<ReadinessOptions>, ReadinessReport['verdict']][] = [
      [{}, 'no-go'],
      [{ answers: all }, 'no-go'],
      [{ drill, runbook }, 'no-go'],
      [
        {
          version: {
            ...version,
            approvals: [],
            digest: `sha256:${'0'.repeat(64)}`,
            owner: 'ana',
            version: '1.0',
            lineage: { data: 'd' },
          },
        },
        'go-in-parallel',
      ],
      [{ version, ledger }, 'go-in-parallel'],
      [{ card }, 'go'],
    ] as never;
    let evidence: ReadinessOptions = start;
    for (const [more, verdict] of steps) {
      evidence = Object.assign({}, evidence, more);
      expect(readiness(evidence).verdict).toBe(verdict);
    }
  });

  it('an answer or a waiver counts for its time alone, and a waiver never as passed', async () => {
    const whole = await ready();
    const old = { ...answers, answers: { ...answers.answers, privacy: { ...said, at: '2026-01-01' } } };
    expect(failedIn(readiness({ ...whole, answers: old }))).toContain('privacy');
    expect(failedIn(readiness({ ...whole, answers: old, answerDays: 400 }))).not.toContain('privacy');
    const waivers = { privacy: { by: 'olga', reason: 'in the next release', until: '2026-12-31' } };
    const waived = readiness({ ...whole, answers: { ...old, waivers } });
    expect(waived.checks.find(({ id }) => id === 'privacy')).toMatchObject({
      result: 'waived',
      evidence: expect.stringContaining('olga') as string,
    });
    expect(waived.dimensions.find(({ dimension }) => dimension === 'governance')).toMatchObject({ isReady: true, waived: 1 });
    expect(failedIn(readiness({ ...whole, answers: { ...old, waivers }, at: Date.parse('2027-01-01') }))).toContain('privacy');
    expect(
      failedIn(
        readiness({ ...whole, answers: { ...answers, answers: { ...answers.answers, privacy: { ...said, answer: 'no' } } } }),
      ),
    ).toContain('privacy');
    expect(
      failedIn(
        readiness({ ...whole, answers: { ...answers, answers: { ...answers.answers, privacy: { ...said, at: '2027-11-01' } } } }),
      ),
    ).toContain('privacy');
  });

  it('of a definition or a status that throws when it is looked at fails, and never throws', async () => {
    const whole = await ready();
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('hostile');
        },
      },
    );
    for (const change of [
      { options: hostile },
      { runtime: hostile },
      { status: hostile },
      { drill: hostile },
      { version: hostile },
      { card: hostile },
      { ledger: hostile },
    ])
      expect(failedIn(readiness({ ...whole, ...change } as never)).length).toBeGreaterThan(2);
    expect(failedIn(readiness({ ...whole, contract: { name: 'claims', input: hostile, output: 7 } }))).toEqual(
      expect.arrayContaining(['input-schema', 'output-schema', 'kpi']),
    );
  });
});

describe('each check can fail', () => {
  type Change = (whole: ReadinessOptions) => Partial<ReadinessOptions>;
  const options =
    (change: object): Change =>
    (whole) => ({ options: { ...whole.options, ...change } });
  const without =
    (kind: string): Change =>
    (whole) => ({
      options: {
        ...whole.options,
        monitors: (whole.options as { monitors: readonly { kind: string }[] }).monitors.filter((one) => one.kind !== kind),
      },
    });
  const status =
    (kind: string, to: string): Change =>
    ({ status: all }) => ({
      status: {
        ...all,
        monitors: {
          ...all?.monitors,
          reports: all?.monitors?.reports.map((one) => (one.kind === kind ? { ...one, status: to } : one)),
        },
      } as never,
    });
  const unanswered =
    (id: string): Change =>
    () => ({
      answers: { ...answers, answers: Object.fromEntries(Object.entries(answers.answers).filter(([key]) => key !== id)) },
    });
  const BREAKS: Readonly<Record<string, Change>> = {
    'input-schema': ({ contract: c }) => ({
      contract: { ...c, input: z.looseObject({ amount: z.number(), region: z.enum(['north', 'south']) }) },
    }),
    'output-schema': ({ contract: c }) => ({ contract: { ...c, output: z.object({ pay: z.unknown() }) } }),
    'reference-profile': without('drift'),
    lineage: ({ version }) => ({ version: { ...version, lineage: {} } as never }),
    'data-rights': unanswered('data-rights'),
    'last-tier': options({ fallback: [] }),
    deadline: options({ deadlineMs: Infinity }),
    circuit: options({ policies: [] }),
    'service-level': status('serviceLevel', 'insufficient'),
    'shared-store': ({ runtime }) => ({ runtime: { ...runtime, store: memoryStore() } }),
    'owner-and-approver': ({ version }) => ({ version: { ...version, approvals: [{ by: 'ana' }] } as never }),
    digest: ({ version }) => ({ version: { ...version, digest: undefined } as never }),
    roles: ({ runtime }) => ({ runtime: { ...runtime, authorize: undefined } }),
    'audit-trail': () => ({ ledger: { isIntact: false, records: 10 } }),
    'model-card': () => ({ card: { isCurrent: false } }),
    fairness: status('fairness', 'warn'),
    explanation: unanswered('explanation'),
    privacy: unanswered('privacy'),
    drill: ({ drill }) => ({ drill: { ...drill, at: NOW - 31 * DAY } as never }),
    rollout: options({ rollout: { challenger: 'v2', gates: [errorRate({ maxRatio: 2 })], holdbackShare: 0 } }),
    runbook: () => ({ runbook: 'v1@0.9 drift serviceLevel fairness overrides kpiValue:saved' }),
    escalation: unanswered('escalation'),
    training: unanswered('training'),
    stakeholders: unanswered('stakeholders'),
    'drift-action': (whole) => ({
      options: {
        ...whole.options,
        monitors: (whole.options as { monitors: readonly { kind: string }[] }).monitors.map((one) =>
          one.kind === 'drift'
            ? Object.assign(Object.create(one) as object, { name: 'drift', kind: 'drift', onBreach: ['alert'] })
            : one,
        ),
      },
    }),
    'live-quality': without('overrides'),
    kpi: without('kpiValue'),
    telemetry: ({ runtime }) => ({ runtime: { ...runtime, sinks: [] } }),
    'no-breach': status('kpiValue', 'breach'),
  };

  it('all that pass where everything is there are broken below', async () => {
    const passed = readiness(await ready())
      .checks.filter(({ result }) => result === 'passed')
      .map(({ id }) => id);
    expect(Object.keys(BREAKS).toSorted()).toEqual(passed.toSorted());
  });

  it.each(Object.keys(BREAKS))('%s', async (id) => {
    const whole = await ready();
    const before = failedIn(readiness(whole));
    const after = failedIn(readiness({ ...whole, ...BREAKS[id]?.(whole) }));
    // Without a drift monitor there is none that could act.
    const along = id === 'reference-profile' ? ['drift-action'] : [];
    expect(after.filter((one) => !before.includes(one)).toSorted()).toEqual([id, ...along].toSorted());
  });

  it.each([
    ['a drill of another model', { model: 'other' }],
    ['a drill that met no call', { faulted: 0 }],
    ['a call that nothing served', { servedBy: { none: 1 } }],
    ['no recovery', { recoveryMs: null }],
    ['no word of a recovery', { recoveryMs: undefined }],
    ['a time that is yet to come', { at: NOW + 40 * DAY }],
    ['no time', { at: Number.NaN }],
    ['less than no calls', { faulted: -3 }],
    ['a roll-back that does not work', { rollBack: { works: false, reason: 'no copy' } }],
  ])('drill: %s', async (_, change) => {
    const whole = await ready();
    expect(failedIn(readiness({ ...whole, drill: { ...whole.drill, ...change } as never }))).toContain('drill');
  });

  it('rules as the last tier pass once they have answered every call that they were asked', async () => {
    const whole = await ready();
    const rules = { kind: 'rules', name: 'table', version: '1', answer: () => ({ abstains: '' }) };
    const statusOf = (served: number, abstained: number) => ({
      ...whole.status,
      fallback: [{ kind: 'rules', name: 'table', version: '1', served, abstained }],
    });
    const of = (served: number, abstained: number) =>
      failedIn(
        readiness({ ...whole, options: { ...whole.options, fallback: [rules] }, status: statusOf(served, abstained) as never }),
      ).includes('last-tier');
    expect([of(0, 0), of(10, 1), of(10, 0)]).toEqual([true, true, false]);
  });
});

describe('a file of answers', () => {
  it('is read whole, and every problem is told by its path', () => {
    expect(readAnswers(answers)).toBe(answers);
    const problems = (() => {
      try {
        readAnswers({
          format: 2,
          answers: { drill: said, privacy: { answer: 'maybe', by: '', at: 'today' } },
          waivers: { none: {}, kpi: { by: 'a', reason: 'b', until: 'soon' } },
        });
        return '';
      } catch (error) {
        return error instanceof Error ? error.message : '';
      }
    })();
    for (const part of [
      'format',
      'answers.drill',
      'answers.privacy.answer',
      'answers.privacy.by',
      'answers.privacy.at',
      'waivers.none',
      'waivers.kpi.until',
    ])
      expect(problems).toContain(part);
    expect(() => readAnswers(null)).toThrow('answers');
  });

  it('has a template with every question', () => {
    const { questions } = answersTemplate() as { readonly questions: Readonly<Record<string, string>> };
    expect(Object.keys(questions)).toEqual(READINESS_CHECKS.filter(({ question }) => question !== undefined).map(({ id }) => id));
    expect(readAnswers({ ...answersTemplate() })).toBeDefined();
  });
});
