/** An answer that streams to a page, with Hono. */
import { Hono } from 'hono';
import { answer } from './model.ts';

export const app = new Hono();

app.post('/answer', async (context) => {
  const { question } = await context.req.json<{ question: string }>();
  // The signal aborts when the page goes away; so does the body that nobody reads any more.
  const stream = answer.stream({ question }, { signal: context.req.raw.signal });
  return context.body(stream.toReadableStream().pipeThrough(new TextEncoderStream()), 200, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-cache',
  });
});
