import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sampleDecision, sampleOutcome } from '../../../core/tests/support/sample-events.ts';
import { runCli } from './run-cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-value-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const told = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      told[stream] += String(text);
      return true;
    }),
  );
  try {
    return { code: await runCli(args), ...told };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const FLAGS = ['--model', 'claims', '--kpi', 'saved', '--baseline', 'v1', '--worth', '2', '--currency', 'EUR'];

describe('understudy value', () => {
  it('says in a sentence what events tell, writes a page, and leaves out lines that hold no event', async () => {
    const file = join(folder, 'events.ndjson');
    const lines = Array.from({ length: 400 }, (_, index) => {
      const assigned = index % 2 === 0 ? 'v1' : 'v2';
      const at = Date.parse('2026-03-02') + index * 3_600_000;
      return [
        JSON.stringify(sampleDecision({ model: 'claims', at, assigned, outcome: 'served', weight: 1 })),
        JSON.stringify(
          sampleOutcome({
            model: 'claims',
            at,
            delayMs: 0,
            kind: 'kpi',
            result: 'counted',
            assigned,
            kpi: { saved: (assigned === 'v2' ? 5 : 4) + (index % 3) },
          }),
        ),
      ].join('\n');
    });
    writeFileSync(file, `${lines.join('\n')}\nno event\n`);
    const page = join(folder, 'value.html');
    const told = await run('value', file, ...FLAGS, '--fixed-cost', '100', '--html', page);
    expect(told.code).toBe(0);
    expect(told.stdout).toMatch(
      /^It was worth about \d+ EUR, between \d+ and \d+\. It cost 100 EUR, which is a return of \d+ % \(\d+ % to \d+ %\)\.\n$/,
    );
    expect(told.stderr).toContain('1 lines hold no event');
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('What claims is worth');
    expect(html).toContain('<svg');
    expect(html).not.toMatch(/<script|src=|href=/);
    const json = JSON.parse((await run('value', file, ...FLAGS, '--json')).stdout) as {
      readonly gain: { readonly value: number };
    };
    expect(json.gain.value).toBeCloseTo(400, -2);
  });

  it('fails where nothing can be said, and tells what is wrong with a command line', async () => {
    const file = join(folder, 'none.ndjson');
    writeFileSync(file, '');
    expect(await run('value', file, ...FLAGS)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('Nothing can be said yet') as string,
    });
    expect(await run('value', file)).toMatchObject({ code: 2 });
    expect(await run('value', ...FLAGS)).toMatchObject({ code: 2 });
    expect(await run('value', file, ...FLAGS, '--period-days', 'x')).toMatchObject({ code: 2 });
    expect(await run('value', file, ...FLAGS, '--period-days', '0')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('periodMs') as string,
    });
    expect(await run('value', join(folder, 'absent'), ...FLAGS)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no such file') as string,
    });
  });
});
