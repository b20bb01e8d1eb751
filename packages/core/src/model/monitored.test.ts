import { expect, test } from 'vitest';
import * as z from 'zod';
import { monitoredOutcome, monitorSetting } from './monitored.ts';
import { OPTIONS } from './test-data/cast.ts';

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
  const setting = monitorSetting(contract, OPTIONS);
  expect(setting).toMatchObject({
    model: 'm',
    target: { kind: 'probability', field: 'p', positiveAt: 0.5 },
    kpis: { a: 'lower' },
    variants: ['v1', 'v2', 'v3'],
    champion: 'v1',
  });
  expect(setting.input?.map(({ path }) => path)).toEqual(['x', 'at', 'at.city']);
  expect(setting.output?.map(({ path }) => path)).toEqual(['p']);
  const at = monitorSetting({ ...contract, target: { kind: 'probability', field: 'p', positiveAt: 0 } }, OPTIONS).target;
  expect(at?.positiveAt).toBe(0);
});

test('of a schema that cannot be read nothing is known; without target and KPIs there are none', () => {
  const opaque = { '~standard': { version: 1, vendor: 'own', validate: (value: unknown) => ({ value }) } } as const;
  const setting = monitorSetting({ name: 'm', input: opaque, output: opaque }, OPTIONS);
  expect(setting).toMatchObject({ target: undefined, input: undefined, output: undefined, kpis: {} });
});

test('a truth may be anything, also undefined; the decision that came along is not passed on', () => {
  expect(monitoredOutcome({ truth: undefined }, 5)).toEqual({ at: 5, truth: { value: undefined } });
  expect(monitoredOutcome({ truth: { p: 1 }, decision: { input: 1, output: 2 } }, 5)).toEqual({
    at: 5,
    truth: { value: { p: 1 } },
  });
});

test('the other kinds of outcomes as they are', () => {
  expect(monitoredOutcome({ kpi: { a: 3 } }, 5)).toEqual({ at: 5, kpi: { a: 3 } });
  expect(monitoredOutcome({ feedback: { agree: false } }, 5)).toEqual({ at: 5, feedback: { agree: false } });
  const override = { output: { p: 0 }, by: 'ana', reason: 'seen', blind: true };
  expect(monitoredOutcome({ override }, 5)).toEqual({ at: 5, override });
});
