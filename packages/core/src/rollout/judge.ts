import type { RolloutStage, RolloutState } from '../control/rollout-state.ts';
import { wordHex } from '../routing/word-hex.ts';
import { murmur3 } from '../statistics/sketches/murmur3.ts';
import type { EvidenceCell, EvidenceTest, GateVerdict, Proof } from '../types/index.ts';
import { labelsMissing } from './labelled-ratio.ts';
import { logMeanExp } from '../statistics/log-mean-exp.ts';
import { logSampleRatioE } from '../statistics/sample-ratio.ts';
import type { GateReading, RolloutReading } from './gate-reading.ts';
import type { GateRule, MergedEvidence } from './merged-evidence.ts';
import type { AnyGate, RolloutPlan } from './rollout-options.ts';

/** What a user's check said last. */
export type CheckVerdicts = ReadonlyMap<string, { readonly verdict: GateVerdict; readonly reason: string }>;

const FULL = 10_000;
const SAMPLE_RATIO_ALPHA = 0.001;
/** More invalid values, or units on both arms, than this share of all cannot be an accident. */
const TOLERATED = 0.01;
/** A store's filter that has taken a million members takes some new ones for known: 3 % of the second million. */
const TOLERATED_OF_MANY = 0.05;
const MANY = 500_000;
const FEW = 10;

/**
 * The probability with which a unit that was not on the challenger before goes there in this stage: (π′ − π)/(1 − π). 1 where no
 * unit is left to chance.
 */
export function entryProbability({ weight, reached }: RolloutStage): number {
  return (weight - reached) / (FULL - reached);
}

/**
 * What all evidence says about a rollout now: pure.
 *
 * @param rules how the evidence of each gate is read
 * @param now milliseconds since the Unix epoch
 */
export function judge(
  plan: RolloutPlan,
  state: RolloutState,
  evidence: MergedEvidence,
  checks: CheckVerdicts,
  rules: ReadonlyMap<string, GateRule>,
  now: number,
): RolloutReading {
  const statistical = plan.gates.filter(({ canary, shadow }) => canary !== undefined || shadow !== undefined);
  const total = statistical.reduce((sum, { weight }) => sum + weight, 0);
  const stages = state.stages
    .map((stage, index) => ({ number: index + 1, probability: entryProbability(stage) }))
    .filter(({ probability }) => probability > 0 && probability < 1);
  const gates = plan.gates.flatMap((gate): GateReading[] => {
    if (gate.check !== undefined) return [checkReading(gate, checks.get(gate.name))];
    if (gate.canary === undefined && gate.shadow === undefined) return [];
    const rule = rules.get(gate.name);
    const test = state.phase === 'shadow' ? rule?.shadow : rule?.canary;
    if (test === undefined) return [notNow(gate, state.phase)];
    const cells: EvidenceCell[] =
      state.phase === 'shadow'
        ? [{ probability: 0.5, counters: evidence.counters(0, gate.name) }]
        : stages.map(({ number, probability }) => ({ probability, counters: evidence.counters(number, gate.name) }));
    // A gate that decides in shadow and in the canary stages has two tests: they share its part of alpha.
    const tests = gate.canary !== undefined && gate.shadow !== undefined && plan.minPairs !== undefined ? 2 : 1;
    const proof = proven(test, cells, plan.alpha);
    const missing = gate.missingAs === undefined ? labelsMissing(cells) : undefined;
    if (proof instanceof Error) return [failed(gate, proof)];
    const said = reading(gate, proof, plan.alpha, (plan.alpha * gate.weight) / total / tests);
    return [missing === undefined ? said : { ...said, verdict: 'hold', reason: `${gate.name}: ${missing}.` }];
  });
  const at = state.stages.length;
  const units = evidence.counters(at, 'units');
  return {
    gates,
    units: { champion: units['n0'] ?? 0, challenger: units['n1'] ?? 0 },
    pairs: evidence.counters(0, 'units')['n0'] ?? 0,
    hold: distrust(plan, state, evidence, stages) ?? stale(plan, gates, evidence, now),
    get digest() {
      return wordHex(murmur3(evidence.digestible));
    },
  };
}

/** A test that throws says nothing: it must not stop the other gates. */
function proven(test: EvidenceTest, cells: readonly EvidenceCell[], alpha: number): Proof | Error {
  try {
    return test.prove(cells, alpha);
  } catch (error) {
    return error instanceof Error ? error : new Error('it threw what is no error');
  }
}

function failed({ name }: AnyGate, { message }: Error): GateReading {
  return { ...NOTHING, gate: name, required: true, verdict: 'hold', reason: `${name}: its test failed: ${message}` };
}

function reading(gate: AnyGate, proof: Proof, alpha: number, harmAlpha: number): GateReading {
  const { logHarm, logProof, champion, challenger, estimate, bound, lacks, shows } = proof;
  const logHarmLimit = -Math.log(harmAlpha);
  const logProofLimit = -Math.log(alpha);
  const verdict: GateVerdict = logHarm >= logHarmLimit ? 'roll-back' : logProof >= logProofLimit ? 'proceed' : 'hold';
  const needed = neededUnits(logProof, logProofLimit, champion + challenger);
  const told = (value: number | null): string => (value === null ? 'unknown yet' : String(Number(value.toPrecision(3))));
  const seen = estimate === null && shows !== undefined ? shows : `estimate ${told(estimate)}`;
  const within = bound === null ? seen : `${seen}, at worst ${told(bound)}`;
  const reasons: Record<GateVerdict, string> = {
    'roll-back': `${gate.name}: the challenger is worse (${seen}, e-value ${Math.exp(Math.min(logHarm, 700)).toPrecision(3)} of ${Math.exp(logHarmLimit).toPrecision(3)}).`,
    proceed: `${gate.name}: within its margin (${within}).`,
    hold: `${gate.name}: not decided (${seen}, e-value ${Math.exp(Math.min(logProof, 700)).toPrecision(3)} of ${Math.exp(logProofLimit).toPrecision(3)}${needed === null ? '' : `, about ${needed} more units`})${lacks === undefined ? '' : `; ${lacks}`}.`,
  };
  return {
    gate: gate.name,
    required: true,
    verdict,
    reason: reasons[verdict],
    logHarm,
    logHarmLimit,
    logProof,
    logProofLimit,
    estimate,
    bound,
    champion,
    challenger,
    needed,
  };
}

/** Evidence grows about linearly with the units: what is missing, at the pace so far. */
function neededUnits(log: number, limit: number, units: number): number | null {
  if (log >= limit) return 0;
  return log > 0 ? Math.ceil(units * (limit / log - 1)) : null;
}

const NOTHING = {
  logHarm: 0,
  logHarmLimit: Number.POSITIVE_INFINITY,
  logProof: 0,
  logProofLimit: Number.POSITIVE_INFINITY,
  estimate: null,
  bound: null,
  champion: 0,
  challenger: 0,
  needed: null,
} as const;

function notNow({ name }: AnyGate, phase: string): GateReading {
  const stage = phase === 'shadow' ? 'compares assigned units: not in shadow' : 'compares shadow pairs: not in a canary stage';
  return { ...NOTHING, gate: name, required: false, verdict: 'hold', reason: `${name} ${stage}.` };
}

function checkReading(
  { name }: AnyGate,
  said: { readonly verdict: GateVerdict; readonly reason: string } | undefined,
): GateReading {
  const { verdict, reason } = said ?? { verdict: 'hold', reason: 'it has not been asked yet' };
  return { ...NOTHING, gate: name, required: true, verdict, reason: `${name}: ${reason}` };
}

/** Why no comparison can be trusted. */
function distrust(
  plan: RolloutPlan,
  state: RolloutState,
  evidence: MergedEvidence,
  stages: readonly { readonly number: number; readonly probability: number }[],
): RolloutReading['hold'] {
  const counts = stages.map(({ number, probability }) => {
    const { n0 = 0, n1 = 0, twice = 0 } = evidence.counters(number, 'units');
    return { n0, n1, twice, probability };
  });
  if (counts.length > 0) {
    const alpha =
      plan.gates.find(({ sampleRatioAlpha }) => sampleRatioAlpha !== undefined)?.sampleRatioAlpha ?? SAMPLE_RATIO_ALPHA;
    const log = logMeanExp(counts.map(({ n0, n1, probability }) => logSampleRatioE([n0, n1], [1 - probability, probability])));
    if (log >= -Math.log(alpha)) {
      const told = counts.map(
        ({ n0, n1, probability }) => `${n1} of ${n0 + n1} where ${(100 * probability).toFixed(2)} % were expected`,
      );
      return { cause: 'sampleRatio', reason: `Units of one arm are lost: ${told.join('; ')} were on the challenger.` };
    }
  }
  const units = counts.reduce((sum, { n0, n1 }) => sum + n0 + n1, 0);
  const twice = counts.reduce((sum, cell) => sum + cell.twice, 0);
  if (twice > FEW && twice > (units > MANY ? TOLERATED_OF_MANY : TOLERATED) * units)
    return {
      cause: 'doubleExposure',
      reason: `${twice} of ${units} units were seen on both arms: is the unit of a call always the same?`,
    };
  for (const { name } of plan.gates) {
    const [first, last] = state.phase === 'shadow' ? [0, 0] : [1, state.stages.length];
    let [invalid, valid] = [0, 0];
    for (let stage = first; stage <= last; stage++) {
      const counters = evidence.counters(stage, name);
      invalid += counters['invalid'] ?? 0;
      valid += (counters['n0'] ?? 0) + (counters['n1'] ?? 0) + (counters['pairs'] ?? 0);
    }
    if (invalid > FEW && invalid > TOLERATED * (valid + invalid))
      return { cause: name, reason: `${invalid} of ${valid + invalid} values of ${name} are not finite, or outside its range.` };
  }
  return undefined;
}

/** A gate whose newest evidence is too old. One that never had any is not stale: it holds by itself. */
function stale(plan: RolloutPlan, gates: readonly GateReading[], evidence: MergedEvidence, now: number): RolloutReading['hold'] {
  for (const { name, staleAfterMs = Number.POSITIVE_INFINITY } of plan.gates) {
    const newest = evidence.newest(name);
    if (newest === Number.NEGATIVE_INFINITY || now - newest <= staleAfterMs) continue;
    if (gates.some(({ gate, required }) => gate === name && required))
      return {
        cause: name,
        reason: `${name} has had no evidence for ${Math.round((now - newest) / 1000)} s: its source may be down.`,
      };
  }
  return undefined;
}
