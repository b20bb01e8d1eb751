import { createUnderstudy } from '@understudy/core';
import { testBiopsies } from './biopsies.ts';
import { bareCall } from './calls.ts';
import { defineTriage } from './model.ts';
import type { Schedule } from './phases.ts';
import { Recording } from './recording.ts';
import { replay } from './replay.ts';
import { ServerProcess } from './server-process.ts';
import { type RunSummary, summariseRun } from './summary.ts';
import type { View } from './view.ts';

export interface Demo {
  readonly schedule: Schedule;
  /** Makes the view, when all is ready and the first call is about to arrive. */
  readonly view: (recording: Recording, server: ServerProcess) => View;
  readonly signal: AbortSignal;
}

export interface Run {
  readonly recording: Recording;
  readonly summary: RunSummary;
}

/** Starts a server and a model, runs the schedule, and ends both, whatever happens. */
export async function runDemo({ schedule, view: makeView, signal }: Demo): Promise<Run> {
  const biopsies = testBiopsies();
  await using server = await ServerProcess.start();
  await using understudy = createUnderstudy();
  const triage = defineTriage(understudy, server.url);

  // What is compiled, loaded and connected once is no part of a call's time.
  for (const biopsy of biopsies.slice(0, 20)) {
    await Promise.all([triage.predict(biopsy.input), bareCall(server.url, biopsy)]);
  }
  signal.throwIfAborted();

  const recording = new Recording();
  recording.watch(triage);
  const view = makeView(recording, server);
  view.begin();
  try {
    await replay({ schedule, biopsies, server, triage, recording, signal, settled: view.settled });
  } finally {
    view.end();
  }
  return { recording, summary: summariseRun(recording) };
}
