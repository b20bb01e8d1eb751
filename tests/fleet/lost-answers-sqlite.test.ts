import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStore } from '@understudy/node/sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { loseAnswers } from './lost-answers.ts';

it('F2 eight processes on one SQLite file: each change is told once, and no answer is untrue', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-commands-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'state.db');
  const store = sqliteStore({ file });
  onTestFinished(() => store.close());
  await loseAnswers('sqlite', store, () => file);
  expect((await store.read('model/commanded')).version).toBeGreaterThan(0);
}, 600_000);
