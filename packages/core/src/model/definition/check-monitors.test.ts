import { expect, test } from 'vitest';
import * as z from 'zod';
import { Problems } from '../../errors/index.ts';
import type { ModelMonitor, ModelDescription } from '../../monitors/index.ts';
import { probeBase } from '../../../tests/support/driven-monitor.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import { checkMonitors } from './check-monitors.ts';

const CONTRACT: AnyContract = { name: 'm', input: z.object({ x: z.number() }), output: z.object({ p: z.number() }) };

const monitor = (options: Parameters<typeof probeBase>[0] = {}, check?: ModelMonitor['check']): ModelMonitor => ({
  ...probeBase(options),
  ...(check === undefined ? {} : { check }),
  start: () => ({ read: () => [] }),
});

function told(
  monitors: unknown,
  { isSound = true, options = {} }: { isSound?: boolean; options?: object } = {},
): readonly string[] {
  const problems = new Problems();
  const all = { variants: { v1: {}, v2: {} }, champion: 'v1', monitors, ...options } as unknown as AnyOptions;
  checkMonitors(CONTRACT, all, isSound, problems);
  return problems.list.map(({ path }) => path.replace('options.monitors', ''));
}

test('none, and two with names of their own', () => {
  expect(told(undefined)).toEqual([]);
  expect(told([])).toEqual([]);
  expect(told([monitor(), monitor({ name: 'other' })])).toEqual([]);
});

test('what is no list, and what is no monitor', () => {
  expect(told(monitor())).toEqual(['']);
  expect(told('drift')).toEqual(['']);
  expect(told([null, 7, {}, { start: () => ({}), problems: [] }, monitor()])).toEqual(['[0]', '[1]', '[2]', '[3]']);
});

test('a name that is taken', () => {
  expect(told([monitor(), monitor(), monitor()])).toEqual(['[1]', '[2]']);
});

test("'roll-back' needs a rollout", () => {
  expect(told([monitor({ onBreach: ['alert', 'roll-back'] })])).toEqual(['[0].onBreach']);
  expect(told([monitor({ onBreach: ['roll-back'] })], { options: { rollout: {} } })).toEqual([]);
});

test('is checked against what its model declares, where its own options and the contract are sound', () => {
  const seen: ModelDescription[] = [];
  const check: ModelMonitor['check'] = (setting) => {
    seen.push(setting);
    return [{ path: 'field', message: 'expected another' }];
  };
  expect(told([monitor({}, check)])).toEqual(['[0].field']);
  expect(seen).toMatchObject([{ model: 'm', variants: ['v1', 'v2'], champion: 'v1', target: undefined, kpis: {} }]);
  expect(told([monitor({ confirmations: 0 }, check)])).toEqual(['[0].confirmations']);
  expect(told([monitor({}, check)], { isSound: false })).toEqual([]);
  expect(told([monitor({}, check)], { options: { variants: undefined } })).toEqual([]);
  expect(seen).toHaveLength(1);
});

test.each([Object.create(null), undefined, 'text', new Error('odd'), Symbol('s')])(
  'F1 a check that throws anything is a problem (%#)',
  (thrown) => {
    const check = (): never => {
      throw thrown;
    };
    expect(told([monitor({}, check)])).toEqual(['[0]']);
    const fails = Object.defineProperty(monitor(), 'problems', { get: check });
    expect(told([fails])).toEqual(['[0]']);
    expect(told([monitor({}, (() => 7) as never)])).toEqual(['[0]']);
  },
);
