import { VirtualClock } from '@understudy/core/testing';
import { describe, expect, it } from 'vitest';
import { retention, type RetentionReport, type SubjectPlace } from '../privacy.ts';

const place = (name: string, eraseBefore: SubjectPlace['eraseBefore']): SubjectPlace => ({
  name,
  find: () => [],
  erase: async () => 0,
  ...(eraseBefore === undefined ? {} : { eraseBefore }),
});
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
};

describe('retention', () => {
  it('erases by age, again and again, on the clock that it is given', async () => {
    const clock = new VirtualClock();
    const asked: number[] = [];
    const start = clock.wall();
    const job = retention({
      of: [{ place: place('file', async (before) => asked.push(before - start)), keepMs: 5000 }],
      everyMs: 1000,
      clock,
    });
    for (let round = 0; round < 3; round++) {
      await clock.advance(1000);
      await turns();
    }
    expect(asked).toEqual([-4000, -3000, -2000]);
    await job.stop();
    await clock.advance(10_000);
    expect(asked.length).toBe(3);
  });

  it('tells of a place that fails or never answers, and goes on', async () => {
    const clock = new VirtualClock();
    const told: RetentionReport[] = [];
    const job = retention({
      of: [
        { place: place('away', () => Promise.reject(new Error('away'))), keepMs: 0 },
        { place: place('silent', () => new Promise(() => undefined)), keepMs: 0 },
        { place: place('fine', async () => 3), keepMs: 0 },
      ],
      timeoutMs: 100,
      onRun: (report) => {
        told.push(report);
        throw new Error('a callback');
      },
      clock,
    });
    const running = job.run();
    await turns();
    await clock.advance(200);
    expect((await running).places).toEqual([
      { place: 'away', erased: 0, problem: 'away' },
      { place: 'silent', erased: 0, problem: expect.stringContaining('did not answer') as string },
      { place: 'fine', erased: 3 },
    ]);
    expect(told.length).toBe(1);
    await job.stop();
  });

  it('refuses a place that cannot erase by age, and other wrong options', () => {
    expect(() => retention({ of: [{ place: place('none', undefined), keepMs: 1 }] })).toThrow('retainMs');
    expect(() => retention({ of: [{ place: {} as never, keepMs: -1 }], everyMs: 0 })).toThrow(/keepMs[^]*everyMs/);
  });
});
