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
const LIMIT_MS = 120_000;
const OVER: ReadonlySet<string> = new Set(['champion', 'rolled-back']);

/** Sends requests until there is a verdict and every process has been killed once. */
export async function runRollout(fleet: Fleet, print: (line: string) => void, signal: AbortSignal): Promise<RolloutResult> {
  const began = performance.now();
  const answers = new Map<string, Answer[]>();
  let [requests, errors, isOver] = [0, 0, false];

  const request = async (slot: number, unit: string): Promise<void> => {
    for (;;) {
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
    }
  };
  const caller = async (index: number): Promise<void> => {
    while (!isOver && !signal.aborted) {
      const number = requests++;
      await request((number + index) % PROCESSES, number % 3 === 0 ? `back-${(number / 3) % RETURNING}` : `new-${number}`);
    }
  };
  const begun = Promise.withResolvers<void>();
  const killer = async (): Promise<void> => {
    await begun.promise;
    for (let slot = 0; slot < PROCESSES && !signal.aborted; slot++) {
      await setTimeout(300);
      print(`   app ${slot + 1} gets SIGKILL, and is started again`);
      await fleet.restart(slot);
    }
  };
  const judge = async (): Promise<{ readonly rollout: Rollout; readonly requests: number }> => {
    let shown = 0;
    while (performance.now() - began < LIMIT_MS && !signal.aborted) {
      const rollout = await fleet.rollout();
      if (rollout !== undefined) {
        const own = ownHistory(rollout);
        for (const transition of own.slice(shown)) print(line(transition, fleet.told));
        shown = own.length;
        if (rollout.phase !== 'draft') begun.resolve();
        if (OVER.has(rollout.phase)) return { rollout, requests };
      }
      await setTimeout(50);
    }
    throw new Error(signal.aborted ? 'Stopped.' : 'No verdict within two minutes.');
  };

  const callers = Array.from({ length: CALLERS }, (_, index) => caller(index));
  const killed = killer();
  try {
    const verdict = await judge();
    const seconds = (performance.now() - began) / 1000;
    await killed;
    isOver = true;
    await Promise.all(callers);
    const final = (await fleet.rollout()) ?? verdict.rollout;
    return {
      verdict: final.phase === 'champion' ? 'promoted' : final.phase,
      requests: verdict.requests,
      seconds,
      errors,
      faults: [...repeated(final, fleet.told), ...flips(answers, verdict.rollout.phase === 'rolled-back')],
    };
  } finally {
    isOver = true;
    begun.resolve();
    await Promise.allSettled([killed, ...callers]);
  }
}

/** The transitions of this attempt: those of the versions before stay in the document too. */
function ownHistory({ history }: Rollout): Rollout['history'] {
  return history.slice(history.findLastIndex(({ to }) => to === 'draft'));
}

function line({ to, reason }: Rollout['history'][number], told: readonly Told[]): string {
  const { gates = [] } = told.find(({ event }) => event.to === to) ?? {};
  const evidence = gates
    .filter(({ champion, challenger }) => champion + challenger > 0)
    .map((gate) => {
      const e = (log: number): string => Math.exp(Math.min(log, 20)).toPrecision(3);
      return ` e-value of harm ${e(gate.logHarm)}, of proof ${e(gate.logProof)}; units ${gate.champion} + ${gate.challenger}`;
    });
  return `   ${to.padEnd(14)}${reason}${evidence.join('')}`;
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
  const newest = Math.max(...[...answers.values()].flat().map(({ known }) => known));
  for (const [unit, all] of answers) {
    const since = Math.min(...all.filter(({ assigned }) => assigned === 'challenger').map(({ known }) => known));
    const back = all.find(
      ({ assigned, known }) => assigned === 'champion' && known >= since && !(isRolledBack && known === newest),
    );
    if (back !== undefined) found.push(`${unit} went back to the champion`);
  }
  return found;
}
