import { afterEach, expect, it, vi } from 'vitest';
import { sha256 } from './digest.ts';
import { evictModelFiles } from './kept-files.ts';
import { modelFile, type ModelFileOptions } from './model-file.ts';

const BYTES = new TextEncoder().encode('a small model');
const rejections = vi.fn<(event: PromiseRejectionEvent) => void>();
window.addEventListener('unhandledrejection', rejections);
afterEach(() => evictModelFiles());

async function fileOf(options: Partial<ModelFileOptions> = {}) {
  const digest = `sha256:${await sha256(BYTES.slice().buffer)}`;
  return modelFile({ url: '/m.bin', digest, fetch: async () => new Response(BYTES), ...options });
}
const textOf = (bytes: ArrayBuffer): string => new TextDecoder().decode(bytes);

it('takes a fetch that answers at once', async () => {
  const file = await fileOf({ fetch: (() => new Response(BYTES)) as never });
  expect(textOf(await file.get())).toBe('a small model');
  expect(await file.size()).toBe(BYTES.length);
});

it.each([
  ['nothing', () => Promise.resolve(undefined)],
  ['something else', () => 7],
  ['an error', () => Promise.reject(new Error('offline'))],
  [
    'an error at once',
    () => {
      throw new Error('offline');
    },
  ],
])('a fetch that gives %s breaks off, and may be tried again', async (_, fetch) => {
  const file = await fileOf({ fetch: fetch as never });
  await expect(file.get()).rejects.toMatchObject({ code: 'PREDICTOR_FAILED', retryable: true });
  await expect(file.size()).rejects.toMatchObject({ code: 'PREDICTOR_FAILED', retryable: true });
});

it('onProgress that throws, now or later, rejects its get alone', async () => {
  const file = await fileOf();
  const [first, second, third] = await Promise.allSettled([
    file.get({ onProgress: () => Promise.reject(new Error('later')) as never }),
    file.get({
      onProgress: () => {
        throw new Error('now');
      },
    }),
    file.get(),
  ]);
  expect([first, second]).toMatchObject([{ reason: { message: 'later' } }, { reason: { message: 'now' } }]);
  expect(third.status === 'fulfilled' && textOf(third.value)).toBe('a small model');
});

it.each(['', 'http://', 'https://ana:secret@models.example/m.bin', new URL('https://ana@models.example/m.bin')])(
  'the address %s is refused before anything is asked, and not repeated',
  (url) => {
    const make = (): unknown => modelFile({ url, digest: `sha256:${'0'.repeat(64)}` });
    expect(make).toThrow('url: expected an address, without a name and a password in it');
    expect(make).not.toThrow('secret');
  },
);

it('none of it leaves a rejection that nobody handles', async () => {
  await new Promise((done) => setTimeout(done));
  expect(rejections).not.toHaveBeenCalled();
});
