import { setTimeout } from 'node:timers/promises';
import type { Rollout } from './app-options.ts';
import { type Fleet, PROCESSES, type Told } from './fleet.ts';

/** One rollout, from its first request to its verdict. */
export interface RolloutResult {
  readonly verdict: string;
  readonly requests: number;
  readonly seconds: number;
  /** What callers saw. */
  readonly errors: number;
  /** What must not have happened. */
  readonly faults: readonly string[];
}

interface Answer {
  readonly assigned: string;
  /** Version of the control document that it obeyed. */
  readonly known: number;
}

const CALLERS = 8;
/** Every third request is of one of these; the others are of new units. */
const RETURNING = 200;
const KILL_EVERY_MS = 400;
const LIMIT_MS = 60_000;
const OVER: ReadonlySet<string> = new Set(['champion', 'rolled-back']);

/** Sends requests, and kills the processes in turn, until there is a verdict; one that needs more than a minute is `held`. */
export async function runRollout(fleet: Fleet, print: (line: string) => void, signal: AbortSignal): Promise<RolloutResult> {
  const began = performance.now();
  const answers = new Map<string, Answer[]>();
  const begun = Promise.withResolvers<void>();
  const over = new AbortController();
  const ended = AbortSignal.any([over.signal, signal]);
  let [requests, errors] = [0, 0];

  const request = async (slot: number, unit: string): Promise<void> => {
    do {
      const url = fleet.urlOf(slot);
      if (url === undefined) {
        await setTimeout(5);
        continue;
      }
      try {
        const response = await fetch(url, { method: 'POST', body: unit });
        if (!response.ok) errors++;
        else if (unit.startsWith('back')) answers.set(unit, [...(answers.get(unit) ?? []), (await response.json()) as Answer]);
        else await response.arrayBuffer();
        return;
      } catch {
        // The process was killed with the request in its hands: as a load balancer would, give it to another one.
      }
    } while (!ended.aborted);
  };
  const caller = async (index: number): Promise<void> => {
    while (!ended.aborted) {
      const number = requests++;
      await request((number + index) % PROCESSES, number % 3 === 0 ? `back-${(number / 3) % RETURNING}` : `new-${number}`);
    }
  };
  const killer = async (): Promise<void> => {
    await begun.promise;
    for (let slot = 0; slot < PROCESSES && !ended.aborted; slot++) {
      print(`app ${slot + 1} gets SIGKILL in the middle of the rollout`);
      await fleet.restart(slot);
      print(`app ${slot + 1} is started again, and serves`);
      await setTimeout(KILL_EVERY_MS);
    }
  };
  const judge = async (): Promise<Rollout> => {
    let shown = 0;
    let last: Rollout | undefined;
    while (performance.now() - began < LIMIT_MS && !ended.aborted) {
      const rollout = await fleet.rollout();
      if (rollout !== undefined) {
        last = rollout;
        const own = ownHistory(rollout);
        for (const transition of own.slice(shown)) print(line(transition, fleet.told));
        shown = own.length;
        if (OVER.has(rollout.phase)) return rollout;
        if (rollout.phase !== 'draft') begun.resolve();
      }
      await setTimeout(50);
    }
    if (last === undefined || signal.aborted) throw new Error(signal.aborted ? 'Stopped.' : 'No process has answered.');
    print(`${'held'.padEnd(14)}no verdict within a minute: ${last.blocked?.reason ?? ''}`);
    return last;
  };

  const killed = killer();
  const callers = Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));
  const judged = judge().then((rollout) => {
    over.abort();
    begun.resolve();
    return { rollout, seconds: (performance.now() - began) / 1000 };
  });
  try {
    const [{ rollout, seconds }] = await Promise.all([judged, killed, callers]);
    const final = (await fleet.rollout()) ?? rollout;
    return {
      verdict: final.phase === 'champion' ? 'promoted' : OVER.has(final.phase) ? final.phase : 'held',
      requests,
      seconds,
      errors,
      faults: [...repeated(final, fleet.told), ...flips(answers, final.phase === 'rolled-back')],
    };
  } finally {
    over.abort();
    begun.resolve();
    await Promise.allSettled([judged, killed, callers]);
  }
}

/** The transitions of this attempt: those of the versions before stay in the document too. */
function ownHistory({ history }: Rollout): Rollout['history'] {
  return history.slice(history.findLastIndex(({ to }) => to === 'draft'));
}

/** Stage, verdict and why: what the process that decided has told of its gates, where it lived to tell. */
function line({ from, to, reason }: Rollout['history'][number], told: readonly Told[]): string {
  const verdict = to === 'draft' ? 'new' : from === 'draft' ? 'begin' : to === 'rolled-back' ? 'roll back' : 'proceed';
  const { gates = [] } = told.find(({ event }) => event.to === to) ?? {};
  const why = gates
    .filter(({ champion, challenger }) => champion + challenger > 0)
    .map((gate) => {
      const e = (log: number): string => Number(Math.exp(Math.min(log, 20)).toPrecision(2)).toString();
      const explained = gate.reason === reason ? '' : ` ${gate.reason}`;
      return `${explained} E-values: harm ${e(gate.logHarm)}, proof ${e(gate.logProof)}, of ${e(gate.logProofLimit)}.`;
    });
  return `${to.padEnd(14)}${verdict.padEnd(11)}${reason}${why.join('')}`;
}

function repeated(rollout: Rollout, told: readonly Told[]): string[] {
  const stages = ownHistory(rollout).map(({ to }) => to);
  const versions = told.map(({ event }) => event.version);
  return [
    ...stages.filter((stage, index) => stages.indexOf(stage) < index).map((stage) => `${stage} was entered twice`),
    ...versions
      .filter((version, index) => versions.indexOf(version) < index)
      .map((version) => `version ${version} was written twice`),
  ];
}

/** Units that were on the challenger, and are on the champion by the same document or a newer one, without a roll-back. */
function flips(answers: ReadonlyMap<string, readonly Answer[]>, isRolledBack: boolean): string[] {
  const found: string[] = [];
  let newest = 0;
  for (const { known } of [...answers.values()].flat()) newest = Math.max(newest, known);
  for (const [unit, all] of answers) {
    const since = Math.min(...all.filter(({ assigned }) => assigned === 'challenger').map(({ known }) => known));
    const back = all.find(
      ({ assigned, known }) => assigned === 'champion' && known >= since && !(isRolledBack && known === newest),
    );
    if (back !== undefined) found.push(`${unit} went back to the champion`);
  }
  return found;
}
