import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import type { Schema } from '../types/index.ts';
import { contractView } from './contract-view.ts';

const input = z.object({ at: z.string().transform((text) => new Date(text)), n: z.number().default(1) });
const view = (output: Schema): ReturnType<typeof contractView> => contractView({ name: 'm', input, output });

describe('contractView', () => {
  test('shows what comes out of the schemas, which is what tiers see', () => {
    const { name, input: fields, output, inputOpen } = view(z.object({ p: z.number().max(1) }));
    expect(name).toBe('m');
    expect(fields).toEqual([
      { path: 'at', type: 'unknown', optional: true, nullable: true },
      { path: 'n', type: 'number', optional: false, nullable: false },
    ]);
    expect(output).toEqual([
      { path: 'p', type: 'number', optional: false, nullable: false, maximum: { value: 1, exclusive: false } },
    ]);
    expect(inputOpen).toBe(false);
    expect(contractView({ name: 'm', input: z.looseObject({}), output: z.string() })).toMatchObject({
      input: [],
      inputOpen: true,
      output: undefined,
    });
  });

  test('checks an output, every issue with its path', () => {
    const { checkOutput } = view(z.object({ p: z.array(z.number()), label: z.enum(['x']) }));
    expect(checkOutput({ p: [1], label: 'x' })).toEqual([]);
    expect(checkOutput({ p: [1, 'a'], label: 'z' }).map(({ path }) => path)).toEqual(['p[1]', 'label']);
    expect(checkOutput(5)).toHaveLength(1);
  });

  test('an asynchronous schema is left to each call, and its rejection is never unhandled', async () => {
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    const { checkOutput } = view({
      '~standard': { version: 1, vendor: 'mine', validate: () => Promise.reject(new Error('late')) },
    });
    expect(checkOutput({})).toEqual([]);
    await new Promise((done) => setImmediate(done));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('a schema that throws is a problem', () => {
    const { checkOutput } = view({
      '~standard': {
        version: 1,
        vendor: 'mine',
        validate: () => {
          throw new Error('boom');
        },
      },
    });
    expect(checkOutput({})).toEqual([{ path: '', message: 'the schema threw: boom' }]);
  });
});
