import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Runs a module, and waits until its process has ended by itself. */
async function run(script: string): Promise<string> {
  const flags = ['--conditions=@understudy/source', '--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname, timeout: 280_000 });
  return stdout;
}

test.each([
  ['model.stream()', `predictor`],
  ['a stream of a pool', `pool([Object.assign(async () => 'x', { stream: predictor })])`],
])('%s that was left half read keeps no process alive until its deadline', async (_, predictor) => {
  const script = `
    import { defineModel, pool, textStream } from '@understudy/core';
    const schema = { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } };
    const predictor = async function* () { yield 'a'; yield 'b'; yield 'c'; };
    const model = defineModel({ name: 'm', input: schema, output: schema, stream: textStream() }, { variants: { v: { predictor: ${predictor}, version: '1' } }, champion: 'v', deadlineMs: 3_600_000 });
    const stream = model.stream('');
    await stream.next();
    await stream.next();
    process.stdout.write(JSON.stringify([stream.delivered, model.status().calls.inFlight]));`;
  expect(await run(script)).toBe('[["a","b"],1]');
});

test('a stream of guardedFetch that was left half read keeps no process alive until its deadline', async () => {
  const script = `
    import { guardedFetch } from '@understudy/core';
    const part = 'data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\\n\\n';
    const body = () => new ReadableStream({ pull: (controller) => controller.enqueue(new TextEncoder().encode(part)) }, { highWaterMark: 0 });
    const fetch = guardedFetch([], { deadlineMs: 3_600_000, fetch: async () => new Response(body(), { headers: { 'content-type': 'text/event-stream' } }) });
    const response = await fetch('http://h.test/v1/chat/completions', { method: 'POST', body: '{"stream":true}' });
    const reader = response.body.getReader();
    await reader.read();
    await reader.read();
    process.stdout.write('read');`;
  expect(await run(script)).toBe('read');
});
