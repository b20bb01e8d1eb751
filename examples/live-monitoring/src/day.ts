import { createUnderstudy, type ModelStatus, type UnderstudyEvent } from '@understudy/core';
import { seededRandom, VirtualClock } from '@understudy/core/testing';
import { championIdle } from './champion.ts';
import { defineTriage } from './model.ts';
import { PHASES } from './phases.ts';
import type { Chapter, Told } from './story.ts';
import { CALLS_PER_HOUR, Traffic } from './traffic.ts';

const MIDNIGHT = Date.UTC(2026, 0, 12);
/** Between two calls. */
const CALL_MS = 3_600_000 / CALLS_PER_HOUR;

/** Told of the day as it goes by. */
export interface DayListener {
  readonly begins?: (chapter: Chapter) => void;
  readonly told?: (told: Told) => void;
  readonly ends?: (chapter: Chapter) => void;
  /** Told of every event, those of single calls too. */
  readonly event?: (event: UnderstudyEvent) => void;
}

export interface Day {
  readonly chapters: readonly Chapter[];
  readonly calls: number;
  /** Calls that ended with an error for their caller. */
  readonly callerErrors: number;
  readonly status: ModelStatus;
  /** End of the day, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** A day of traffic in virtual time: the same for the same seed. */
export async function runDay(seed: number, listener: DayListener): Promise<Day> {
  const clock = new VirtualClock(0, MIDNIGHT);
  // The paused model is asked beside the call, in real time: the clock moves on when it has answered.
  const deferred: Promise<unknown>[] = [];
  await using understudy = createUnderstudy({
    clock,
    random: seededRandom(seed),
    refreshMs: 120_000,
    waitUntil: (promise) => deferred.push(promise),
  });
  const triage = await defineTriage(understudy);
  const traffic = new Traffic(seed + 1, triage);

  const chapters = PHASES.map((phase): Chapter => {
    const firstCall = phase.from * CALLS_PER_HOUR;
    return { phase, firstCall, told: [], calls: 0, right: 0, byModel: 0, endedAt: 0, monitors: [] };
  });
  let now: Chapter | undefined;
  for (const type of ['monitor-changed', 'alert-raised', 'control-changed', 'retrain-requested'] as const) {
    triage.on(type, (event) => {
      const told = { ...event, call: traffic.calls };
      now?.told.push(told);
      listener.told?.(told);
    });
  }
  for (const type of EVENTS) triage.on(type, (event) => listener.event?.(event));

  for (const chapter of chapters) {
    now = chapter;
    listener.begins?.(chapter);
    while (traffic.calls < chapter.phase.to * CALLS_PER_HOUR) {
      const answer = await traffic.call(chapter.phase.fault);
      chapter.calls++;
      if (answer?.right === true) chapter.right++;
      if (answer?.tier === 'model') chapter.byModel++;
      await Promise.all(deferred.splice(0));
      await championIdle();
      await clock.advance(CALL_MS);
    }
    chapter.endedAt = clock.wall();
    chapter.monitors = triage.status().monitors?.reports ?? [];
    listener.ends?.(chapter);
  }
  return { chapters, calls: traffic.calls, callerErrors: traffic.errors, status: triage.status(), at: clock.wall() };
}

const EVENTS = ['decision', 'outcome', 'control-changed', 'monitor-changed', 'alert-raised', 'retrain-requested'] as const;
