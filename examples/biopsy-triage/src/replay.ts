import { setTimeout } from 'node:timers/promises';
import type { Biopsy } from './biopsies.ts';
import { bareCall, type Result, understudyCall } from './calls.ts';
import type { TriageModel } from './model.ts';
import type { Schedule } from './phases.ts';
import type { Caller, PhaseRecord, Recording } from './recording.ts';
import type { ServerProcess } from './server-process.ts';

interface Replay {
  readonly schedule: Schedule;
  readonly biopsies: readonly Biopsy[];
  readonly server: ServerProcess;
  readonly triage: TriageModel;
  readonly recording: Recording;
  readonly signal: AbortSignal;
  /** Called when every call of a phase has ended, phase by phase. */
  readonly settled: (record: PhaseRecord) => void;
}

const TICK_MS = 5;
/** The end of a phase in which no call arrives, so that a fault meets the calls of its own phase. */
const PAUSE_MS = 50;

/**
 * Runs the schedule. Calls arrive at a steady rate however long the answers take, and each is made twice at the same moment,
 * through Understudy and bare, so that both meet the same server. A phase lasts from when the server is as the phase has it.
 */
export async function replay({ schedule, biopsies, server, triage, recording, signal, settled }: Replay): Promise<void> {
  const { phases, phaseMs, callsPerSecond } = schedule;
  let number = 0;
  let reported = Promise.resolve();

  for (const phase of phases) {
    const record = recording.begin(phase);
    const pending: Promise<void>[] = [];
    let lastMs = Number.POSITIVE_INFINITY;

    const begin = async (): Promise<void> => {
      try {
        await phase.begin(server);
      } finally {
        record.readyMs = recording.now();
        lastMs = record.readyMs + phaseMs - PAUSE_MS;
      }
    };
    const make = async (caller: Caller, call: Promise<Result>): Promise<void> => {
      const startMs = recording.now();
      const result = await call;
      record.calls[caller].push({ ...result, startMs, ms: recording.now() - startMs });
    };
    const arrive = async (): Promise<void> => {
      for (let arrived = 0; recording.now() < lastMs;) {
        await setTimeout(TICK_MS, undefined, { signal });
        const due = ((recording.now() - record.startMs) / 1000) * callsPerSecond;
        for (; arrived < due; arrived++) {
          const biopsy = biopsies[number++ % biopsies.length];
          if (biopsy === undefined) throw new Error('There are no biopsies to replay.');
          pending.push(make('understudy', understudyCall(triage, biopsy)), make('bare', bareCall(server.url, biopsy)));
        }
      }
      await setTimeout(PAUSE_MS, undefined, { signal });
    };

    // Both must have ended, even when one fails: nobody may start a server behind the back of who ends it.
    const ends = await Promise.allSettled([begin(), arrive()]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    reported = Promise.all([reported, ...pending]).then(() => settled(record));
  }
  recording.end();
  await reported;
}
