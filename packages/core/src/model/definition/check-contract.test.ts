import * as z from 'zod';
import { describe, expect, test } from 'vitest';
import { Problems, UnderstudyError } from '../../errors/index.ts';
import { always } from '../../fallback/always.ts';
import { rules } from '../../fallback/rules.ts';
import type { ModelDescription, ModelMonitor } from '../../monitors/monitor.ts';
import { probeBase } from '../../../tests/support/driven-monitor.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import { checkContract, checkFallback, checkMonitors } from './check-contract.ts';

describe('contract', () => {
  const SOUND = { name: 'm', input: z.object({ x: z.number() }), output: z.object({ p: z.number() }) };

  function told(changes: object): [isSound: boolean, ...paths: string[]] {
    const problems = new Problems();
    const isSound = checkContract({ ...SOUND, ...changes }, problems);
    return [isSound, ...problems.list.map(({ path }) => path)];
  }

  test('a sound contract, with all that it may have', () => {
    expect(told({})).toEqual([true]);
    expect(told({ truth: z.number(), target: { kind: 'number', field: 'p' }, kpis: { a: { better: 'lower' } } })).toEqual([true]);
  });

  test('a name is text that is not empty; without one the rest can still be checked', () => {
    expect(told({ name: '' })).toEqual([true, 'contract.name']);
    expect(told({ name: 7 })).toEqual([true, 'contract.name']);
  });

  test.each([
    ['contract.input', { input: { parse: () => 1 } }],
    ['contract.output', { output: undefined }],
    ['contract.truth', { truth: null }],
    ['contract.kpis', { kpis: null }],
    ['contract.kpis', { kpis: 'minutes' }],
    ['contract.kpis.a', { kpis: { a: null } }],
    ['contract.kpis.a.better', { kpis: { a: { better: 'more' } } }],
    ['contract.target.kind', { target: { kind: 'colour', field: 'p' } }],
    ['contract.target.field', { target: { kind: 'label', field: 3 } }],
  ])('%s', (path, changes) => {
    const [isSound, ...paths] = told(changes);
    expect(isSound).toBe(false);
    expect(paths).toContain(path);
  });

  test('everything at once', () => {
    expect(told({ name: '', input: 1, output: 2, truth: 3, target: null })).toEqual([
      false,
      'contract.name',
      'contract.input',
      'contract.output',
      'contract.truth',
      'contract.target',
    ]);
  });
});

describe('fallback', () => {
  const CONTRACT: AnyContract = { name: 'm', input: z.object({ x: z.number() }), output: z.object({ p: z.number().max(1) }) };

  function told(fallback: unknown, isSound = true): readonly { readonly path: string; readonly message: string }[] {
    const problems = new Problems();
    checkFallback(CONTRACT, { fallback } as AnyOptions, ['v1', 'v2'], isSound, problems);
    return problems.list;
  }

  test('names of variants and tiers that fit', () => {
    expect(told(undefined)).toEqual([]);
    expect(told([])).toEqual([]);
    expect(told(['v2', rules({ name: 'r', version: '1', rows: [] }), always({ p: 1 })])).toEqual([]);
  });

  test('what is no list', () => {
    for (const fallback of [7, 'v2', always({ p: 1 }), {}])
      expect(told(fallback)).toEqual([{ path: 'options.fallback', message: 'expected a list, such as [rules(…), always(…)]' }]);
  });

  test('unknown names, and what is no tier', () => {
    expect(told(['v3', null, 7, { kind: 'cache', answer: () => 1 }, { kind: 'rules' }])).toEqual([
      { path: 'options.fallback[0]', message: 'expected one of the variants v1, v2, got "v3"' },
      ...[1, 2, 3, 4].map((index) => ({
        path: `options.fallback[${index}]`,
        message: 'expected the name of a variant, rules() or always()',
      })),
    ]);
  });

  test('a tier that breaks the contract, with the path in it; nothing of it where the contract is not sound', () => {
    expect(told(['v2', always({ p: 3 })]).map(({ path }) => path)).toEqual(['options.fallback[1].p']);
    expect(told([always({ p: 3 })], false)).toEqual([]);
  });

  test('a check that throws anything is a problem', () => {
    const tier = (thrown: Error) => ({
      kind: 'rules',
      name: 'own',
      version: '1',
      answer: () => ({ output: 1 }),
      check: () => {
        throw thrown;
      },
    });
    expect(told([tier(new TypeError('odd')), tier(new UnderstudyError('CONFIGURATION_INVALID', 'bare'))])).toEqual([
      { path: 'options.fallback[0]', message: 'odd' },
      { path: 'options.fallback[1]', message: 'bare' },
    ]);
  });
});

describe('monitors', () => {
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
    const check: ModelMonitor['check'] = (dependencies) => {
      seen.push(dependencies);
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
});
