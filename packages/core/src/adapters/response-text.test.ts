import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readText } from './response-text.ts';

/** A body of these chunks, that says whether it was cancelled and how many chunks were asked for. */
function bodyOf(chunks: readonly Uint8Array<ArrayBuffer>[]): {
  response: Response;
  told: { cancelled: boolean; pulled: number };
} {
  const told = { cancelled: false, pulled: 0 };
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        const chunk = chunks[told.pulled++];
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel() {
        told.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { response: new Response(stream), told };
}

it('an answer without a body is an empty text', async () => {
  expect(await readText(new Response(null, { status: 204 }), 0)).toEqual({ text: '', complete: true });
});

it('reads a text to its end, however it is cut into chunks (property)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.array(fc.nat(6), { minLength: 1 }), async (text, sizes) => {
      // An unpaired surrogate and a mark of the byte order do not survive UTF-8 in any decoder.
      const plain = text.toWellFormed().replaceAll('\uFEFF', '');
      const bytes = new TextEncoder().encode(plain);
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      for (let start = 0, turn = 0; start < bytes.length; turn++) {
        const end = start + 1 + (sizes[turn % sizes.length] ?? 0);
        chunks.push(bytes.slice(start, end));
        start = end;
      }
      expect(await readText(bodyOf(chunks).response, bytes.length)).toEqual({ text: plain, complete: true });
    }),
  );
});

it('a character that breaks off at the end is told as one that cannot be read', async () => {
  expect(await readText(new Response(new Uint8Array([0x61, 0xe2, 0x82])), 10)).toEqual({ text: 'a\uFFFD', complete: true });
});

it('stops at the chunk that is too much, gives what came before and frees the connection', async () => {
  const chunks = ['abc', 'def', 'ghi', 'jkl'].map((chunk) => new TextEncoder().encode(chunk));
  const { response, told } = bodyOf(chunks);
  expect(await readText(response, 8)).toEqual({ text: 'abcdef', complete: false });
  expect(told).toEqual({ cancelled: true, pulled: 3 });
});

it('counts bytes, not characters', async () => {
  expect(await readText(new Response('€'), 3)).toEqual({ text: '€', complete: true });
  expect(await readText(new Response('€'), 2)).toEqual({ text: '', complete: false });
});

it('rejects with what breaks the body off', async () => {
  const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) });
  await expect(readText(new Response(broken), 10)).rejects.toThrow('reset');
});
