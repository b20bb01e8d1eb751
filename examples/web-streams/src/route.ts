/**
 * An answer that streams to a page, as a route handler of Next.js: `app/api/answer/route.ts`. It sends server-sent events, so that a page can
 * be told that an answer begins anew.
 */
import { answer } from './model.ts';

export async function POST(request: Request): Promise<Response> {
  const { question } = (await request.json()) as { question: string };
  const stream = answer.stream({ question }, { signal: request.signal, onBreak: 'restart' });
  const events = stream.events();
  const body = new ReadableStream<string>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await events.next();
          if (done === true) return controller.close();
          controller.enqueue(`data: ${JSON.stringify(value)}\n\n`);
        } catch (error) {
          controller.error(error);
        }
      },
      cancel: (reason) => stream.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return new Response(body.pipeThrough(new TextEncoderStream()), {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' },
  });
}
