/** Tests of the example: the short run, on Redis where there is one, and on the stand-in. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./main.ts', import.meta.url));

async function run(env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, ['--conditions=@understudy/source', PROGRAM, '--fast'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as unknown[];
  assert.equal(code, 0, output);
  return output;
}

for (const [name, env] of [
  ['with the Redis of this machine', {}],
  ['without a Redis', { REDIS_SERVER_PATH: '/nowhere/redis-server' }],
] as const) {
  await test(`${name}, the better one is promoted, the worse one rolled back, and no caller sees an error`, async () => {
    const output = await run(env);
    assert.match(output, /^half the failures +promoted +\d+ +[\d.]+ +0$/m);
    assert.match(output, /^3 times the failures +rolled-back +\d+ +[\d.]+ +0$/m);
    assert.equal(output.match(/SIGKILL/g)?.length, 6);
    assert.equal(output.includes('SQLite'), 'REDIS_SERVER_PATH' in env || !output.includes('Redis at'));
  });
}
