/** Tests of the example: the short run, on Redis where there is one, and on the stand-in. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./main.ts', import.meta.url));
const NO_REDIS = { REDIS_SERVER_PATH: '/nowhere/redis-server' };

async function run(versions: string, env: NodeJS.ProcessEnv): Promise<{ readonly code: unknown; readonly output: string }> {
  const child = spawn(process.execPath, ['--conditions=@understudy/source', PROGRAM, '--only', versions], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as unknown[];
  return { code, output };
}

/** What a version came to, with a process killed on the way. */
function assertVerdict(output: string, version: string, verdict: string, last: string): void {
  const errors = 0;
  assert.match(output, new RegExp(`^${version} +.* ${verdict} +\\d+ +[\\d.]+ +${errors}$`, 'm'), output);
  assert.match(output, new RegExp(`version ${version} {2}app 1 gets SIGKILL[^]*version ${version} {2}${last}`), output);
}
const ROLLED_BACK = 'rolled-back +roll back +errorRate: the challenger is worse';

await test('a better challenger is promoted, one 3 times worse rolled back, and no caller sees an error', async () => {
  const { code, output } = await run('2,5', {});
  assert.equal(code, 0, output);
  assertVerdict(output, '2', 'promoted', 'champion 98 % +proceed +Proven: errorRate');
  assertVerdict(output, '5', 'rolled-back', ROLLED_BACK);
});

await test('without a Redis the same is seen on SQLite, and said', async () => {
  const { code, output } = await run('5', { ...NO_REDIS, CI: '' });
  assert.equal(code, 0, output);
  assert.match(output, /SQLite file: no redis-server was found/);
  assertVerdict(output, '5', 'rolled-back', ROLLED_BACK);
});

await test('without a Redis on a CI machine, it fails', async () => {
  const { code, output } = await run('5', { ...NO_REDIS, CI: 'true' });
  assert.equal(code, 1);
  assert.match(output, /no redis-server was found/);
});
