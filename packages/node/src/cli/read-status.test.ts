import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { always, createUnderstudy, memoryStore, type ModelStatus } from '@understudy/core';
import { liveMetric, serviceLevel } from '@understudy/core/monitors';
import { errorRate } from '@understudy/core/rollout';
import { seededRandom, VirtualClock } from '@understudy/core/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { readStatus } from './read-status.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-status-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** The status of a model with everything that it may have. */
async function realStatus(): Promise<ModelStatus> {
  const clock = new VirtualClock();
  await using understudy = createUnderstudy({ clock, random: seededRandom(1), store: memoryStore({ acceptLoss: true }) });
  const model = understudy.defineModel(
    {
      name: 'claims',
      input: z.object({ id: z.string() }),
      output: z.object({ fraud: z.number() }),
      truth: z.object({ fraud: z.number() }),
      target: { kind: 'probability', field: 'fraud' },
    },
    {
      variants: {
        v1: { version: '1', predictor: () => ({ fraud: 0.2 }) },
        v2: { version: '2', predictor: () => ({ fraud: 0.3 }) },
      },
      champion: 'v1',
      rollout: { challenger: 'v2', gates: [errorRate({ maxRatio: 2 })] },
      fallback: [always({ fraud: 0.5 })],
      monitors: [liveMetric({ metric: 'accuracy', breachBelow: 0.8 }), serviceLevel()],
    },
  );
  await understudy.ready();
  for (let call = 0; call < 20; call++) {
    const { id } = await model.predict({ id: `c${call}` }, { unit: `u${call}` });
    await model.recordOutcome(id, { truth: { fraud: 0 } });
    await clock.advance(60_000);
  }
  return model.status();
}

test('takes what model.status() says, with rollout and monitors, once it was JSON', async () => {
  const status = await realStatus();
  expect(status.rollout).toBeDefined();
  expect(status.monitors?.reports).toHaveLength(2);
  const path = join(folder, 'status.json');
  writeFileSync(path, JSON.stringify(status));
  expect(await readStatus(path)).toEqual([JSON.parse(JSON.stringify(status))]);
  writeFileSync(path, JSON.stringify([status, status]));
  expect(await readStatus(path)).toHaveLength(2);
  writeFileSync(path, JSON.stringify({ models: [status], sinks: [] }));
  expect(await readStatus(path)).toHaveLength(1);
});

test('tells the first ten problems, each with its place, and how many there are more', async () => {
  const path = join(folder, 'wrong.json');
  writeFileSync(path, '{"rollout":{"gates":[{}]},"variants":{"v1":7}}');
  const error: unknown = await readStatus(path).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID', details: { path } });
  const [head, ...lines] = (error instanceof Error ? error.message : '').split('\n');
  expect(head).toBe(`${path}: is no status of a model:`);
  expect(lines).toHaveLength(12);
  expect(lines).toContain('  variants.v1: expected an object, got 7');
  expect(lines.at(-2)).toMatch(/^ {2}and \d+ more$/);
  expect(lines.at(-1)).toBe('Write it with JSON.stringify(model.status()).');
});
