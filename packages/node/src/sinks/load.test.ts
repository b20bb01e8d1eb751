import { expect, it } from 'vitest';
import { withNats } from '../../../../tests/servers/nats-server.ts';
import { withPostgres } from '../../../../tests/servers/postgres-server.ts';
import { load, LOAD_QUEUE } from '../../tests/support/load.ts';

it.runIf(withNats && withPostgres)(
  'three sinks lose nothing of a load; one that was down loses what it counts, and nothing of the audit lane',
  async () => {
    const { decisions, sinks, down } = await load({ perSecond: 1000, seconds: 3, downSeconds: 1.5, audit: 0.1 });
    expect(decisions).toBeGreaterThan(100);
    expect(sinks).toEqual(
      Object.fromEntries(
        ['file', 'postgres-decisions', 'nats'].map((name) => [name, { delivered: decisions, lost: 0, missing: 0 }]),
      ),
    );
    expect(down.missingAudit).toBe(0);
    const lostRoutine = Object.entries(down.lost).filter(([reason]) => reason.endsWith('/routine'));
    expect(lostRoutine.reduce((sum, [, count]) => sum + count, 0)).toBe(down.missingRoutine);
    expect(down.mostQueuedBytes).toBeLessThanOrEqual(LOAD_QUEUE.maxBytes);
  },
);
