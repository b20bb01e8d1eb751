import type { ModelStatus, UnderstudyEvent } from '@understudy/core';
import type { FieldDistribution, MonitorReading } from '@understudy/core/monitors';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 2, 2, 6);
export const END = START + 10 * DAY;
const [PAUSED, RESUMED] = [START + 6.5 * DAY, START + 7.4 * DAY];
const MODEL = 'claims-triage';

/** Uniform in [0, 1): the same for each seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const reading = (change: Partial<MonitorReading> & Pick<MonitorReading, 'measure'>): MonitorReading => ({
  n: 1000,
  value: 0.9,
  interval: null,
  limit: null,
  status: 'ok',
  reason: 'Within its limit.',
  ...change,
});

function accuracy(value: number, status: MonitorReading['status']): MonitorReading {
  const half = 1.96 * Math.sqrt((value * (1 - value)) / 1000);
  const interval = [Number((value - half).toFixed(4)), Number((value + half).toFixed(4))] as const;
  const reason = `accuracy ${value} on 1000 cases (95 %: ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}), floor 0.85.`;
  return reading({ measure: 'accuracy', value, interval, limit: 0.85, status, reason });
}

/** Ten days of a model: its inputs drift, its accuracy breaks the floor, it is paused and resumed, and a challenger goes to 25 %. */
export function sampleHistory(): UnderstudyEvent[] {
  const random = seeded(7);
  const events: UnderstudyEvent[] = [];
  let made = 0;
  const head = <T extends UnderstudyEvent['type']>(type: T, at: number) => ({
    v: 1 as const,
    type,
    id: `s-${String(made++)}`,
    at: Math.round(at),
    model: MODEL,
  });

  for (let at = START; at < END; at += HOUR / 20) {
    const daytime = 0.25 + 0.75 * Math.max(0, Math.sin(((at % DAY) / DAY) * 2 * Math.PI - 1.6));
    if (random() > daytime) continue;
    const paused = at >= PAUSED && at < RESUMED;
    const failed = random() < 0.002;
    const timedOut = random() < 0.02;
    const challenger = at > START + 4 * DAY && random() < 0.25;
    const variant = challenger ? 'boosted' : 'forest';
    const tier = paused || timedOut ? 'rules' : random() < 0.06 ? 'cache' : 'model';
    const decision = head('decision', at + random() * HOUR * 0.04);
    events.push({
      ...decision,
      outcome: failed ? 'failed' : 'served',
      assigned: variant,
      probability: challenger ? 0.25 : 0.75,
      assignedBy: challenger ? 'rollout' : 'champion',
      tier: failed ? 'none' : tier,
      servedBy: failed ? '' : tier === 'rules' ? 'triage-table' : variant,
      version: failed ? '' : tier === 'rules' ? '12' : challenger ? '3.1.0' : '2.4.1',
      degraded: tier === 'rules',
      reason: 'sample',
      durationMs: 8 + 40 * random() ** 6 * 20,
      attempts: [],
      unitHash: 'u',
      control: 'known',
      weight: 1,
    });
    if (failed || random() < 0.3) continue;
    const delayMs = (2 + 30 * random()) * HOUR;
    const outcome = head('outcome', at + delayMs);
    events.push({
      ...outcome,
      decisionId: decision.id,
      kind: 'truth',
      result: random() < 0.01 ? 'duplicate' : 'counted',
      servedBy: variant,
      tier,
      delayMs,
    });
    const day = (at - START) / DAY;
    if (random() < 0.35) {
      const right = random() < (paused ? 0.82 : 0.94 - 0.02 * Math.max(0, day - 3));
      const review = {
        ...head('outcome', at + HOUR * random()),
        decisionId: decision.id,
        result: 'counted',
        servedBy: variant,
        tier,
      } as const;
      events.push({ ...review, ...(right ? { kind: 'feedback', agree: true } : { kind: 'override' }), delayMs: review.at - at });
    }
    if (random() < 0.4)
      events.push({
        ...head('outcome', at + 3 * HOUR),
        decisionId: decision.id,
        kind: 'kpi',
        result: 'counted',
        servedBy: variant,
        tier,
        delayMs: 3 * HOUR,
        kpi: { minutesSaved: (paused ? 9 : 14 - 0.4 * day) + 6 * (random() - 0.5) },
      });
  }

  const monitor = { monitor: 'accuracy', kind: 'live-metric' };
  const steps = [
    [0.4, 0.915, 'insufficient', 'ok'],
    [2.1, 0.902, 'ok', 'ok'],
    [3.6, 0.879, 'ok', 'ok'],
    [4.9, 0.861, 'ok', 'ok'],
    [5.6, 0.846, 'ok', 'warn'],
    [6.5, 0.812, 'warn', 'breach'],
    [7.3, 0.858, 'breach', 'warn'],
    [8.2, 0.871, 'warn', 'ok'],
    [9.2, 0.846, 'ok', 'warn'],
  ] as const;
  for (const [day, value, from, to] of steps) {
    events.push({ ...head('monitor-changed', START + day * DAY), ...monitor, from, to, reading: accuracy(value, to) });
  }
  const breach = accuracy(0.812, 'breach');
  events.push(
    {
      ...head('alert-raised', PAUSED),
      ...monitor,
      phase: 'raised',
      since: PAUSED,
      reason: breach.reason,
      actions: ['pause', 'retrain'],
      readings: [breach],
    },
    {
      ...head('retrain-requested', PAUSED),
      ...monitor,
      reason: breach.reason,
      champion: 'forest',
      version: '2.4.1',
      readings: [breach],
    },
    {
      ...head('control-changed', PAUSED),
      command: 'pause',
      by: 'monitor:accuracy',
      roles: ['monitor'],
      reason: breach.reason,
      result: 'obeyed',
      version: 7,
    },
    {
      ...head('control-changed', PAUSED + 2 * HOUR),
      command: 'resume',
      by: 'intern.lee',
      roles: ['reader'],
      reason: 'It looks fine again',
      result: 'forbidden',
      version: 7,
    },
    {
      ...head('control-changed', RESUMED),
      command: 'resume',
      by: 'ana.ruiz',
      roles: ['model-owner'],
      reason: 'Upstream mapping of "region" corrected (INC-4412), 200 cases reviewed',
      result: 'obeyed',
      version: 8,
    },
    {
      ...head('circuit-changed', START + 3.2 * DAY),
      variant: 'forest',
      from: 'closed',
      to: 'open',
      reason: '11 of 20 calls failed',
    },
    {
      ...head('circuit-changed', START + 3.21 * DAY),
      variant: 'forest',
      from: 'open',
      to: 'closed',
      reason: '3 of 3 probes succeeded',
    },
  );
  const rollout = { rollout: 'boosted@3.1.0 over forest@2.4.1 #1', challenger: 'boosted', evidence: '5f3a' };
  const stages = [
    [0.2, '', 'draft', 0, 'release', 'This release tries boosted over forest.'],
    [0.3, 'draft', 'shadow', 0, 'rollout', 'Shadow begins.'],
    [2.5, 'shadow', 'canary 5 %', 0.05, 'rollout', 'agreement: proof reached on 1,412 pairs'],
    [4.4, 'canary 5 %', 'canary 25 %', 0.25, 'ana.ruiz', 'errorRate and slowCalls proved; approved'],
  ] as const;
  for (const [index, [day, from, to, share, by, reason]] of stages.entries()) {
    events.push({ ...head('rollout-changed', START + day * DAY), ...rollout, from, to, share, by, reason, version: index + 1 });
  }
  events.push({
    ...head('telemetry-dropped', START + 5 * DAY),
    model: '',
    sink: 'warehouse',
    lane: 'routine',
    reason: 'queue-full',
    count: 41,
  });
  return events;
}

const psi = (field: string, value: number, status: MonitorReading['status']): MonitorReading =>
  reading({
    measure: 'psi:reference-deciles:add-half',
    field,
    value,
    limit: 0.1,
    status,
    reason: `${field} moved by ${value} against 0.1.`,
  });

const ratio = (segment: string, value: number, half: number, n: number, status: MonitorReading['status']): MonitorReading =>
  reading({
    measure: 'selection-ratio',
    segment,
    value,
    interval: [value - half, value + half],
    limit: 0.8,
    n,
    status,
    reason: `${segment} is selected ${value} times as often as the group selected most.`,
  });

const DISTRIBUTIONS: readonly FieldDistribution[] = [
  {
    field: 'region',
    reference: { n: 5000, missing: 0.01 },
    live: { n: 1000, missing: 0.2 },
    bins: [
      { label: 'Île-de-France', reference: 0.4, live: 0.1 },
      { label: 'Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch', reference: 0.35, live: 0.3 },
      { label: '', reference: 0.2, live: 0 },
      { label: null, reference: 0.05, live: 0.6 },
    ],
  },
  {
    field: 'claimAmount',
    segment: 'over 65',
    reference: { n: 5_000_000, missing: 0 },
    live: { n: 123_456, missing: 0 },
    bins: [
      { range: [null, 0], reference: 0.1, live: 0.02 },
      { range: [0, 0], reference: 0.4, live: 0.5 },
      { range: [0, 1_250_000.25], reference: 0.3, live: 0.08 },
      { range: [1_250_000.25, 1_250_000.5], reference: 0.1, live: 0 },
      { range: [1_250_000.5, null], reference: 0.1, live: 0.4 },
    ],
  },
];

/** What the model says at the end of that history. */
export function sampleStatus(): ModelStatus {
  const bins = [0.05, 0.16, 0.25, 0.34, 0.46, 0.55, 0.64, 0.75, 0.86, 0.95].map((predicted, index) => {
    const n = [420, 160, 80, 50, 40, 38, 52, 70, 110, 260][index] ?? 1;
    const value = Math.round(n * predicted ** 1.25) / n;
    const half = 1.96 * Math.sqrt((value * (1 - value)) / n);
    const interval = [Math.max(0, value - half), Math.min(1, value + half)] as const;
    return reading({
      measure: 'reliability',
      segment: `${index / 10}-${(index + 1) / 10}`,
      n,
      value,
      interval,
      limit: predicted,
    });
  });
  const ece = reading({ measure: 'ece:10-bins', value: 0.031, limit: 0.04, n: 1280, reason: 'ECE 0.031, noise floor 0.022.' });
  const gate = { required: true, champion: 1610, challenger: 540, logHarmLimit: 3, logProofLimit: 3 };
  return {
    model: MODEL,
    champion: 'forest',
    control: { known: true, version: 8, pinned: null, isolated: [], paused: false, pausedBy: [] },
    calls: { total: 2412, served: 2407, degraded: 271, failed: 5, cancelled: 0, invalidInput: 0, inFlight: 2 },
    availability: 2407 / 2412,
    servedByTier: { model: 2004, cache: 132, rules: 271, always: 0 },
    latencyMs: { p50: 9.2, p90: 140, p99: 610 },
    variants: {
      forest: { version: '2.4.1', role: 'champion', share: 0.75, isolated: false, served: 1602, failures: 31, policies: {} },
      boosted: {
        version: '3.1.0',
        role: 'challenger',
        share: 0.25,
        isolated: false,
        served: 402,
        failures: 9,
        policies: {},
        shadow: {
          pairs: 1412,
          agreements: 1361,
          agreement: 1361 / 1412,
          failures: 3,
          started: 1415,
          running: 0,
          queued: 0,
          dropped: { queueFull: 0, budget: 0 },
        },
      },
    },
    fallback: [{ kind: 'rules', name: 'triage-table', version: '12', served: 271, abstained: 4 }],
    rollout: {
      id: 'boosted@3.1.0 over forest@2.4.1 #1',
      phase: 'canary 25 %',
      share: 0.25,
      held: null,
      inconclusive: false,
      approval: 'none',
      enteredAt: START + 4.4 * DAY,
      cooldownUntil: 0,
      blocked: { cause: 'quality', reason: 'quality: 310 more units are needed at the present pace.' },
      gates: [
        {
          ...gate,
          gate: 'errorRate',
          verdict: 'proceed',
          reason: 'No more than 1.5 times as many errors.',
          logHarm: -2.1,
          logProof: 4.2,
          estimate: 0.97,
          bound: 1.31,
          needed: 0,
        },
        {
          ...gate,
          gate: 'slowCalls',
          verdict: 'proceed',
          reason: 'No more than 1.5 times as many slow calls.',
          logHarm: -1.2,
          logProof: 3.1,
          estimate: 1.04,
          bound: 1.48,
          needed: 0,
        },
        {
          ...gate,
          gate: 'quality',
          verdict: 'hold',
          reason: 'The evidence grows.',
          logHarm: 0.6,
          logProof: 1.9,
          estimate: -0.003,
          bound: -0.021,
          needed: 310,
        },
      ],
      units: { champion: 1610, challenger: 540 },
      pairs: 1412,
      evidence: { waiting: 3, dropped: 0, unscored: 12, repeated: 0 },
      clockSkewMs: 0,
      storeFailure: null,
      history: [],
    },
    monitors: {
      reports: [
        {
          monitor: 'accuracy',
          kind: 'live-metric',
          status: 'warn',
          since: START + 9.2 * DAY,
          readings: [accuracy(0.849, 'warn')],
        },
        {
          monitor: 'inputs',
          kind: 'drift',
          status: 'breach',
          since: START + 5.2 * DAY,
          readings: [
            psi('region', 0.312, 'breach'),
            psi('claimAmount', 0.094, 'ok'),
            psi('channel', 0.061, 'ok'),
            psi('policyAgeMonths', 0.034, 'ok'),
            psi('priorClaims', 0.012, 'ok'),
          ],
          distributions: DISTRIBUTIONS,
        },
        { monitor: 'calibration', kind: 'calibration', status: 'ok', since: START + DAY, readings: [ece, ...bins] },
        {
          monitor: 'fairness',
          kind: 'fairness',
          status: 'warn',
          since: START + 8 * DAY,
          readings: [
            ratio('over 65', 0.78, 0.11, 212, 'warn'),
            ratio('40 to 65', 0.93, 0.08, 604, 'ok'),
            ratio('under 40', 1, 0.06, 731, 'ok'),
            reading({
              measure: 'selection-ratio',
              segment: '(none)',
              n: 9,
              value: null,
              limit: 0.8,
              status: 'insufficient',
              reason: '9 cases are too few.',
            }),
          ],
        },
        {
          monitor: 'spend',
          kind: 'spend-budget',
          status: 'ok',
          since: START,
          readings: [reading({ measure: 'spend:day:EUR', n: 260, value: 41.7, limit: 60, reason: '41.70 EUR of 60 today.' })],
        },
        {
          monitor: 'availability',
          kind: 'service-level',
          status: 'ok',
          since: START,
          readings: [reading({ measure: 'burn-rate:1h', n: 310, value: 0.4, limit: 14.4, reason: 'The budget lasts.' })],
        },
      ],
      outcomes: {
        pending: 402,
        forgotten: 0,
        unjoined: 12,
        byTier: {
          model: { decisions: 2004, known: 1290 },
          cache: { decisions: 132, known: 88 },
          rules: { decisions: 271, known: 170 },
        },
        delayMs: { p50: 17 * HOUR, p90: 29 * HOUR, p99: 32 * HOUR },
      },
      failures: 0,
      storeFailure: null,
    },
    outcomes: { counted: 1629, unscored: 0, duplicate: 14, unknown: 0, late: 0, forged: 0 },
    listenerFailures: 0,
  };
}
