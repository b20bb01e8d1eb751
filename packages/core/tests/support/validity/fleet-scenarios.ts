import { drawNormal } from '../../../src/statistics/random-variates.ts';
import { kpi } from '../../../src/rollout/gates/kpi.ts';
import { slowCalls } from '../../../src/rollout/gates/slow-calls.ts';
import type { AnyGate } from '../../../src/rollout/rollout-options.ts';
import type { RolloutStatus } from '../../../src/rollout/rollout-status.ts';
import { Fleet, type FleetDecision, type Happening, play } from './fleet.ts';
import type { Alarms, Scenario } from './scenario.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const held = ({ gates }: RolloutStatus): boolean =>
  gates.some(({ reason }) => reason.includes('outcomes are missing on one arm'));
const rolledBack = ({ phase }: RolloutStatus): boolean => phase === 'rolled-back';
const proven = ({ phase }: RolloutStatus): boolean => phase === 'champion';
const FALSE_ROLL_BACK = { alarm: 'rolled back', claim: 'at most', level: 0.05, runs: 6, pageRuns: 60 } as const;
const FOUND = { alarm: 'rolled back', claim: 'at least', level: 0.95, runs: 5, pageRuns: 40 } as const;
const FALSE_PROOF = { alarm: 'proven within the margin', claim: 'at most', level: 0.05, runs: 6, pageRuns: 60 } as const;
const PROVEN = { alarm: 'proven within the margin', claim: 'at least', level: 0.95, runs: 5, pageRuns: 40 } as const;

interface Labels {
  readonly gate: AnyGate;
  readonly units: number;
  /** Decisions of each unit, an hour after the other at most. */
  readonly decisions: number;
  readonly processes: number;
  /** Over which units first come, in milliseconds. */
  readonly lastsMs: number;
  readonly percent?: number;
  /** The value of a decision; the unit has a `leaning` of its own, 0–1. */
  readonly value: (leaning: number, onChallenger: boolean, random: () => number) => number;
  /** How long it takes to come, in milliseconds; `undefined`: it never does. */
  readonly delay: (value: number, onChallenger: boolean, random: () => number) => number | undefined;
  readonly everyMs: number;
  readonly better?: 'higher' | 'lower';
}

/** Units that had come by then. */
function arrived(at: number | null, units: number, lastsMs: number): number | null {
  return at === null ? null : Math.round(units * Math.min(1, at / lastsMs));
}

/** Sticky units that decide several times each, in any of the processes; outcomes are recorded in any of them. */
function labelled(setting: Labels, seen: (status: RolloutStatus) => boolean): Scenario['run'] {
  const { gate, units, decisions, processes, lastsMs, percent = 50, value, delay, everyMs, better = 'lower' } = setting;
  return async (random): Promise<Alarms> => {
    const fleet = await Fleet.start({ gates: [gate], processes, percent, better, everyMs }, random);
    const happenings: Happening[] = [];
    const anyProcess = (): number => Math.floor(random() * processes);
    for (let unit = 0; unit < units; unit++) {
      const name = `unit-${unit}`;
      const onChallenger = fleet.onChallenger(name);
      const leaning = random();
      let at = random() * lastsMs;
      for (let decision = 0; decision < decisions; decision++) {
        const k = value(leaning, onChallenger, random);
        const wait = delay(k, onChallenger, random);
        let made: FleetDecision | undefined;
        happenings.push([at, () => (made = fleet.call(anyProcess(), name)())]);
        if (wait !== undefined) happenings.push([at + wait, () => made && fleet.outcome(anyProcess(), made, { k })]);
        at += random() * HOUR;
      }
    }
    // The last window closes.
    happenings.push([lastsMs + decisions * HOUR + 2.5 * (gate.maturityMs ?? 0), () => undefined]);
    return { ours: arrived(await play(fleet, happenings, everyMs, seen), units, lastsMs) };
  };
}

/** Labels of 0 or 1 with three good in ten bad, by the unit's leaning; bad ones of the challenger come hours later. */
function lateOnOneArm(worse: number, maxLoss: number): Labels {
  return {
    gate: kpi('k', { maxLoss, range: [0, 1], maturityMs: 4 * HOUR }) as AnyGate,
    units: 3000,
    decisions: 5,
    processes: 3,
    lastsMs: 12 * HOUR,
    value: (leaning, onChallenger, random) => (random() < 0.6 * leaning + (onChallenger ? worse : 0) ? 0 : 1),
    delay: (good, onChallenger, random) => (good === 0 && onChallenger ? (2 + random()) * HOUR : random() * MINUTE),
    everyMs: HOUR,
    better: 'higher',
  };
}

/** Bad events that are rare, under a window of ten minutes. */
function rare(champion: number, challenger: number, units: number, range: readonly [0, 1] | undefined): Labels {
  return {
    gate: kpi('k', {
      maxLoss: 0.005 * (champion / 0.005),
      maturityMs: 10 * MINUTE,
      ...(range === undefined ? {} : { range }),
    }) as AnyGate,
    units,
    decisions: 1,
    processes: 2,
    lastsMs: 6 * HOUR,
    value: (_, onChallenger, random) => (random() < (onChallenger ? challenger : champion) ? 0 : 1),
    delay: (_good, _arm, random) => random() * 9 * MINUTE,
    everyMs: 10 * MINUTE,
    better: 'higher',
  };
}

/** A KPI of a normal distribution about 100, each unit once, over many processes. */
function spread(processes: number, percent: number, worse: number, units: number): Labels {
  return {
    gate: kpi('k', { maxLoss: 0.1 }) as AnyGate,
    units,
    decisions: 1,
    processes,
    lastsMs: 6 * HOUR,
    percent,
    value: (_, onChallenger, random) => 100 + drawNormal(random) - (onChallenger ? worse : 0),
    delay: () => SECOND,
    everyMs: 30 * MINUTE,
    better: 'higher',
  };
}

/** The same with a few values that cannot be squared. */
function wild(): Labels {
  const { value, ...setting } = spread(20, 25, 0, 12_000);
  return { ...setting, value: (leaning, ...unit) => (leaning < 1 / 2000 ? 1e200 : value(leaning, ...unit)) };
}

/** A score with a range, over many processes. */
function bounded(processes: number, worse: number, units: number): Labels {
  return {
    ...spread(processes, 25, 0, units),
    gate: kpi('k', { maxLoss: 0.05, range: [0, 1] }) as AnyGate,
    value: (leaning, onChallenger, random) => (random() < 0.6 * leaning + (onChallenger ? worse : 0) ? 0 : 1),
  };
}

/** Labels that never come: on the challenger, a fifth of the good ones and of the bad ones. */
function missing(good: number, bad: number): Labels {
  return {
    ...spread(4, 50, 0, 6000),
    gate: kpi('k', { maxLoss: 0.05, range: [0, 1], maturityMs: 10 * MINUTE }) as AnyGate,
    value: (leaning, _, random) => (random() < 0.6 * leaning ? 0 : 1),
    delay: (label, onChallenger, random) =>
      onChallenger && random() < (label === 1 ? good : bad) ? undefined : random() * 9 * MINUTE,
  };
}

/** Purchases of 5 % of the units, which are told; that there was none is not. */
function purchases(worse: number): Labels {
  return {
    ...spread(4, 50, 0, 12_000),
    gate: kpi('k', { maxLoss: 0.02, range: [0, 1], maturityMs: HOUR, missingAs: 0 }) as AnyGate,
    value: (leaning, onChallenger, random) => (random() < 0.1 * leaning * (onChallenger ? 1 - worse / 0.05 : 1) ? 1 : 0),
    delay: (bought, _, random) => (bought === 1 ? random() * 50 * MINUTE : undefined),
  };
}

/** Tenants that call six times at once: one unit each. */
function atOnce(slowOnChallenger: number, maxRatio: number, seen: (status: RolloutStatus) => boolean): Scenario['run'] {
  const gate = slowCalls({ overMs: 200, maxRatio });
  return async (random): Promise<Alarms> => {
    const fleet = await Fleet.start({ gates: [gate], processes: 4, percent: 50, everyMs: 2 * MINUTE }, random);
    const happenings: Happening[] = [];
    const units = 3000;
    for (let unit = 0; unit < units; unit++) {
      const name = `tenant-${unit}`;
      const rate = fleet.onChallenger(name) ? slowOnChallenger : 0.1;
      const at = random() * 2 * HOUR;
      for (let call = 0; call < 6; call++) {
        const lastsMs = random() < rate ? 900 : 50;
        let end: (() => unknown) | undefined;
        happenings.push([at + call, () => (end = fleet.call(Math.floor(random() * 4), name))]);
        happenings.push([at + call + lastsMs, () => end?.()]);
      }
    }
    return { ours: arrived(await play(fleet, happenings, 2 * MINUTE, seen), units, 2 * HOUR) };
  };
}

const NORMAL = 'N(100, 1) without a range, 25 % canary, 20 processes';
const TENANTS = 'tenants that call six times at once, 10 % of calls slow, 4 processes';
const PURCHASES = 'purchases of 5 % of the units, that there was none is never told, missingAs 0';
const LATE = 'sticky units of 5 decisions, 3 processes, bad labels of the challenger 2 to 3 hours later, window of 4 hours';

export const fleetScenarios: readonly Scenario[] = [
  { ...FALSE_ROLL_BACK, name: `G1 equal: ${LATE}`, run: labelled(lateOnOneArm(0, 0.03), rolledBack) },
  { ...FALSE_PROOF, name: `G1 3 points worse at maxLoss 3: ${LATE}`, run: labelled(lateOnOneArm(0.03, 0.03), proven) },
  { ...FOUND, name: `G1 9 points worse: ${LATE}`, run: labelled(lateOnOneArm(0.09, 0.03), rolledBack) },
  {
    ...FALSE_ROLL_BACK,
    name: `G2 equal: ${NORMAL}`,
    run: labelled(spread(20, 25, 0, 6000), rolledBack),
  },
  { ...FALSE_PROOF, name: `G2 worse by the margin: ${NORMAL}`, run: labelled(spread(20, 25, 0.1, 6000), proven) },
  { ...FOUND, name: `G2 worse by twice the margin: ${NORMAL}`, run: labelled(spread(20, 25, 0.2, 6000), rolledBack) },
  {
    ...FALSE_ROLL_BACK,
    name: `G3 equal: ${TENANTS}`,
    run: atOnce(0.1, 1.5, rolledBack),
  },
  { ...FALSE_PROOF, name: `G3 twice as often at maxRatio 2: ${TENANTS}`, run: atOnce(0.2, 2, proven) },
  { ...FOUND, name: `G3 three times as often: ${TENANTS}`, run: atOnce(0.3, 2, rolledBack) },
  {
    ...FALSE_PROOF,
    name: 'G4 bad events 1 % against 0.5 %, maxLoss 0.5 points, window, 8,000 units, range',
    run: labelled(rare(0.005, 0.01, 8000, [0, 1]), proven),
  },
  {
    ...FALSE_PROOF,
    name: 'G4 bad events 1 % against 0.5 %, maxLoss 0.5 points, window, 8,000 units, no range',
    run: labelled(rare(0.005, 0.01, 8000, undefined), proven),
  },
  {
    ...FALSE_PROOF,
    name: 'G4 bad events 0.4 % against 0.2 %, maxLoss 0.2 points, window, 8,000 units, range',
    run: labelled(rare(0.002, 0.004, 8000, [0, 1]), proven),
  },
  {
    ...FALSE_PROOF,
    name: 'G4 bad events 0.4 % against 0.2 %, maxLoss 0.2 points, window, 8,000 units, no range',
    run: labelled(rare(0.002, 0.004, 8000, undefined), proven),
  },
  {
    ...PROVEN,
    name: 'G4 equal: bad events 0.5 % on both arms, maxLoss 0.5 points, window, 40,000 units, range',
    run: labelled(rare(0.005, 0.005, 40_000, [0, 1]), proven),
  },
  {
    ...PROVEN,
    name: 'G13 equal: score with a range, 25 % canary, 12,000 units, 1 process',
    run: labelled(bounded(1, 0, 12_000), proven),
  },
  {
    ...PROVEN,
    name: 'G13 equal: score with a range, 25 % canary, 12,000 units, 20 processes',
    run: labelled(bounded(20, 0, 12_000), proven),
  },
  {
    ...FALSE_PROOF,
    name: 'G13 worse by the margin: score with a range, 25 % canary, 6,000 units, 20 processes',
    run: labelled(bounded(20, 0.05, 6000), proven),
  },
  {
    ...FALSE_ROLL_BACK,
    name: 'equal: a fifth of the good labels of the challenger never come',
    run: labelled(missing(0.2, 0), rolledBack),
  },
  {
    ...FOUND,
    alarm: 'held',
    name: 'equal: a fifth of the good labels of the challenger never come',
    run: labelled(missing(0.2, 0), held),
  },
  {
    ...FALSE_PROOF,
    alarm: 'held',
    name: 'equal: a fifth of the labels of both arms never come',
    run: labelled({ ...missing(0, 0), delay: (_label, _arm, random) => (random() < 0.2 ? undefined : MINUTE) }, held),
  },
  {
    ...FALSE_ROLL_BACK,
    name: `equal: ${PURCHASES}`,
    run: labelled(purchases(0), rolledBack),
  },
  { ...PROVEN, name: `equal: ${PURCHASES}`, run: labelled(purchases(0), proven) },
  { ...FALSE_PROOF, name: `worse by the margin: ${PURCHASES}`, run: labelled(purchases(0.02), proven) },
  { ...FOUND, name: `3 points worse: ${PURCHASES}`, run: labelled(purchases(0.03), rolledBack) },
  { ...PROVEN, name: `G9 equal, one value in 2,000 is 1e200: ${NORMAL}`, run: labelled(wild(), proven) },
];
