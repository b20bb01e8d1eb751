import type { ReviewTask } from '@understudy/core/review';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ServerError } from '../server.ts';
import { review } from './desk.ts';

/** After so many leases without a key or a pointer nobody is there: the case goes to others. */
const UNUSED_LEASES = 3;
/** Where no answer comes, it is tried again after this. */
const AGAIN_MS = 3000;

export interface Lease {
  /** Milliseconds that are left, by the clock of this machine, which counted from the answer of the server. */
  readonly leftMs: number;
  /** It is over, and this page knows. */
  readonly isOver: boolean;
}

/** Keeps a case as long as its page is open and used, and says how long it still is this person's. */
export function useLease(task: ReviewTask | undefined, leaseMs: number): Lease {
  const [now, setNow] = useState(() => performance.now());
  const [until, setUntil] = useState(0);
  const [isGone, setGone] = useState(false);
  const used = useRef(performance.now());
  useEffect(() => {
    const noticed = (): void => void (used.current = performance.now());
    const events = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'focusin'] as const;
    for (const event of events) addEventListener(event, noticed, { passive: true });
    return () => {
      for (const event of events) removeEventListener(event, noticed);
    };
  }, []);
  useEffect(() => {
    if (task === undefined) return undefined;
    // Whoever is given a case has it for a whole lease: so two clocks that differ do no harm.
    let end = performance.now() + leaseMs;
    let nextAt = end - leaseMs / 2;
    let isAsking = false;
    let isDone = false;
    used.current = performance.now();
    setGone(false);
    setUntil(end);
    setNow(performance.now());
    const renew = async (): Promise<void> => {
      isAsking = true;
      const askedAt = performance.now();
      try {
        await review({ queue: task.queue, action: 'renew', id: task.id, token: task.token });
        end = askedAt + leaseMs;
        nextAt = end - leaseMs / 2;
        if (!isDone) setUntil(end);
      } catch (error) {
        nextAt = performance.now() + AGAIN_MS;
        const isRefused = error instanceof ServerError && (error.code === 'CONTROL_CONFLICT' || error.code === 'FORBIDDEN');
        if (isRefused && !isDone) {
          isDone = true;
          setGone(true);
        }
      } finally {
        isAsking = false;
      }
    };
    const timer = setInterval(
      () => {
        if (isDone) return;
        const at = performance.now();
        setNow(at);
        if (at >= nextAt && !isAsking && at - used.current < UNUSED_LEASES * leaseMs) void renew();
      },
      Math.min(1000, leaseMs / 4),
    );
    return () => {
      isDone = true;
      clearInterval(timer);
    };
  }, [task, leaseMs]);
  const leftMs = Math.max(0, until - now);
  return { leftMs, isOver: task !== undefined && until > 0 && (isGone || leftMs === 0) };
}
