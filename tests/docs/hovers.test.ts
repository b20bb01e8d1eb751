import { resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

/** What an editor shows of names as a user meets them. */
const PROGRAM = `
import { always, circuitBreaker, createUnderstudy, defineModel, http, memoryStore, retry, rules, timeout } from '@understudy/core';
import { dataQuality, drift, kpiValue, liveMetric, monitor, serviceLevel } from '@understudy/core/monitors';
import { errorRate, gate, kpi, quality, thompson } from '@understudy/core/rollout';
import * as z from 'zod';

interface Risk {
  readonly risk: number;
}
const understudy = createUnderstudy();
const predictor = http({ url: 'https://models.example/loan' });
const store = memoryStore();
const policies = [timeout({ ms: 800 }), retry(), circuitBreaker()] as const;
const table = rules({ name: 'by-income', version: '1', rows: [], otherwise: { risk: 0.5 } });
const fixed = always({ risk: 0.5 });
const errors = errorRate({ maxRatio: 1.5 });
const scored = quality<unknown, Risk, Risk>({ score: ({ output }, truth) => truth.risk - output.risk, maxLoss: 0.1 });
const minutes = kpi('minutes', { maxLoss: 1 });
const alarms = gate({ name: 'alarms', check: () => ({ verdict: 'proceed', reason: 'quiet' }) });
const shares = thompson();
const fields = dataQuality();
const live = liveMetric({ metric: 'accuracy', breachBelow: 0.8 });
const value = kpiValue('minutes');
const level = serviceLevel();
const own = monitor({ name: 'own', start: () => ({ read: () => [] }) });
const model = defineModel(
  { name: 'loan', input: z.object({ income: z.number() }), output: z.object({ risk: z.number() }) },
  { variants: { v1: { predictor: ({ income }) => ({ risk: 1 / income }), version: '1' } }, champion: 'v1', fallback: [always({ risk: 0.5 })] },
);
const decision = await model.predict({ income: 1 });
const status = model.status();
`;

const NAMES = [
  'understudy',
  'predictor',
  'store',
  'policies',
  'table',
  'fixed',
  'errors',
  'scored',
  'minutes',
  'alarms',
  'shares',
  'fields',
  'live',
  'value',
  'level',
  'own',
  'model',
  'decision',
  'status',
  'liveMetric',
];

function hovers(): Record<string, string> {
  const file = resolve('tests/docs/hovers.ts');
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, resolve('.'));
  const service = ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => {
      const text = path === file ? PROGRAM : ts.sys.readFile(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => resolve('.'),
    getCompilationSettings: () => ({ ...options, noUnusedLocals: false }),
    getDefaultLibFileName: (settings) => ts.getDefaultLibFilePath(settings),
    fileExists: (path) => path === file || ts.sys.fileExists(path),
    readFile: (path) => (path === file ? PROGRAM : ts.sys.readFile(path)),
    readDirectory: (...given) => ts.sys.readDirectory(...given),
  });
  const wrong = service.getSemanticDiagnostics(file).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  expect(wrong).toEqual([]);
  return Object.fromEntries(
    NAMES.map((name) => {
      const at = PROGRAM.search(new RegExp(`(?<=const |, )${name}\\b`));
      const shown = service.getQuickInfoAtPosition(file, at);
      return [name, ts.displayPartsToString(shown?.displayParts)];
    }),
  );
}

it('an editor shows plain types of what a user makes', () => {
  expect(hovers()).toMatchInlineSnapshot(`
    {
      "alarms": "const alarms: ModelGate",
      "decision": "const decision: Decision<{
        income: number;
    }, {
        risk: number;
    }, "v1">",
      "errors": "const errors: ModelGate",
      "fields": "const fields: ModelMonitor",
      "fixed": "const fixed: Tier<unknown, unknown>",
      "level": "const level: ModelMonitor",
      "live": "const live: Monitor<{
        readonly input: unknown;
        readonly output: unknown;
        readonly truth: unknown;
    }>",
      "liveMetric": "(alias) function liveMetric<I, O, T>(options: LiveMetricOptions<I, O, T>): Monitor<{
        readonly input: I;
        readonly output: O;
        readonly truth: T;
    }>
    import liveMetric",
      "minutes": "const minutes: Gate<{
        readonly kpis: Readonly<Record<"minutes", unknown>>;
    }>",
      "model": "const model: Model<{
        income: number;
    }, {
        income: number;
    }, {
        risk: number;
    }, {
        risk: number;
    }, "v1", never, never>",
      "own": "const own: ModelMonitor",
      "policies": "const policies: readonly [SlotPolicy<"timeout">, SlotPolicy<"retry">, SlotPolicy<"circuitBreaker">]",
      "predictor": "const predictor: AdapterFor<unknown, unknown>",
      "scored": "const scored: Gate<{
        readonly input: unknown;
        readonly output: Risk;
        readonly truth: Risk;
    }>",
      "shares": "const shares: Allocation<never>",
      "status": "const status: ModelStatus",
      "store": "const store: StateStore",
      "table": "const table: RulesTier<unknown, unknown>",
      "understudy": "const understudy: Understudy",
      "value": "const value: Monitor<{
        readonly kpis: Readonly<Record<"minutes", unknown>>;
    }>",
    }
  `);
});
