import { expect, test } from 'vitest';
import * as z from 'zod';
import { modelDescription } from './monitors-dependencies.ts';

const OPTIONS = { variants: { v1: {}, v2: {}, v3: {} }, champion: 'v1' };
const input = z.object({ x: z.number().min(0), at: z.object({ city: z.enum(['Rome', 'Oslo']) }) });
const output = z.object({ p: z.number() });

test('a model as monitors see it, with defaults in place', () => {
  const contract = {
    name: 'm',
    input,
    output,
    target: { kind: 'probability', field: 'p' },
    kpis: { a: { better: 'lower' } },
  } as const;
  const context = modelDescription(contract, OPTIONS);
  expect(context).toMatchObject({
    model: 'm',
    target: { kind: 'probability', field: 'p', positiveAt: 0.5 },
    kpis: { a: 'lower' },
    variants: ['v1', 'v2', 'v3'],
    champion: 'v1',
  });
  expect(context.input?.map(({ path }) => path)).toEqual(['x', 'at', 'at.city']);
  expect(context.output?.map(({ path }) => path)).toEqual(['p']);
  const at = modelDescription({ ...contract, target: { kind: 'probability', field: 'p', positiveAt: 0 } }, OPTIONS).target;
  expect(at?.positiveAt).toBe(0);
});

test('of a schema that cannot be read nothing is known; without target and KPIs there are none', () => {
  const opaque = { '~standard': { version: 1, vendor: 'own', validate: (value: unknown) => ({ value }) } } as const;
  const context = modelDescription({ name: 'm', input: opaque, output: opaque }, OPTIONS);
  expect(context).toMatchObject({ target: undefined, input: undefined, output: undefined, kpis: {} });
});
