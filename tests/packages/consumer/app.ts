// A consumer as its author would write it: type-checked against the packed packages with each TypeScript, then run on each
// Node. Extend it with every part of the API that a first user touches. It prints 'ok'.
import { strict as assert } from 'node:assert';
import { always, createUnderstudy, defineModel, retry, rules, timeout, UnderstudyError } from '@understudy/core';
import { drift, liveMetric, parseProfile, profileFromRows } from '@understudy/core/monitors';
import { errorRate, planRollout } from '@understudy/core/rollout';
import { http, openInference } from '@understudy/core/adapters';
import { parseEvent } from '@understudy/core/events';
import { circuitBreaker, compose } from '@understudy/core/policies';
import { renderReport } from '@understudy/core/report';
import { checkRules } from '@understudy/core/rules';
import { fakeSink, injectFaults, testModel } from '@understudy/core/testing';
import { dashboard } from '@understudy/node/dashboard';
import { hmacSigner } from '@understudy/node/signing';
import { sqliteStore } from '@understudy/node/sqlite';
import { webhook } from '@understudy/node/webhook';
import * as z from 'zod';

const contract = {
  name: 'triage',
  input: z.object({ radius: z.number().positive() }),
  output: z.object({ malignant: z.number().min(0).max(1) }),
  kpis: { savedMinutes: { better: 'higher' } },
} as const;
const table = {
  name: 'by-size',
  version: '1',
  rows: [{ id: 'R1', when: { radius: { gte: 17 } }, then: { malignant: 0.95 } }],
} as const;

const sink = fakeSink();
const understudy = createUnderstudy({
  sinks: [sink],
  signer: hmacSigner('a secret of sixteen bytes or more'),
  policies: [timeout({ ms: 1000 })],
});
const predictor = injectFaults(async ({ radius }: { radius: number }) => ({ malignant: radius > 15 ? 0.9 : 0.1 }));
const model = understudy.defineModel(contract, {
  variants: {
    v1: { predictor, version: '1.0.0' },
    v2: { predictor: openInference({ url: 'http://127.0.0.1:1', model: 'triage', features: ['radius'] }), version: '2.0.0' },
    v3: {
      predictor: http({ url: 'http://127.0.0.1:1/predict', parse: (json) => contract.output.parse(json) }),
      version: '3.0.0',
    },
  },
  champion: 'v1',
  policies: [retry({ baseMs: 1 }), circuitBreaker()],
  fallback: [rules(table), always({ malignant: 0.5 })],
});

const decision = await model.predict({ radius: 18 }, { unit: 'patient-1' });
const served: 'v1' | 'v2' | 'v3' | undefined = decision.servedBy.tier === 'model' ? decision.servedBy.variant : undefined;
assert.deepEqual([decision.output.malignant, served], [0.9, 'v1']);
assert.equal(await model.recordOutcome(decision.id, { kpi: { savedMinutes: 3 } }), 'counted');
predictor.always({ kind: 'status', status: 503 });
assert.equal((await model.predict({ radius: 18 })).servedBy.tier, 'rules');
assert.equal((await model.predict({ radius: 18 }, { force: 'v2' })).servedBy.tier, 'rules');
assert.equal((await model.predict({ radius: 1 }, { force: 'v3' })).servedBy.tier, 'always');
await assert.rejects(model.predict({ radius: -1 }), (error) => UnderstudyError.is(error, 'INPUT_INVALID'));
assert.deepEqual(
  checkRules(table, contract).findings.map(({ kind }) => kind),
  ['gap'],
);
await understudy.close();
assert.equal(sink.events.map((event) => parseEvent(JSON.parse(JSON.stringify(event)))).length, sink.events.length);

const copy = testModel(
  defineModel(
    { ...contract, name: 'copied' },
    { variants: { v1: { predictor, version: '1' } }, champion: 'v1', fallback: [always({ malignant: 0 })] },
  ),
);
assert.equal((await copy.model.predict({ radius: 1 })).output.malignant, 0);
assert.equal(await compose(retry(), circuitBreaker())(() => 'ok'), 'ok');

const planned = planRollout({
  traffic: { unitsPerHour: 3600 },
  gates: [{ kind: 'errorRate', maxRatio: 2, rate: 0.05 }],
  runs: 10,
});
assert.ok(await planned);

const rows = Array.from({ length: 300 }, (_, index) => ({ input: { radius: 1 + (index % 20) }, output: { malignant: 0.5 } }));
const reference = parseProfile(JSON.parse(JSON.stringify(await profileFromRows(rows, { ...contract, name: 'watched' }))));
const fleet = createUnderstudy({
  store: sqliteStore({ file: 'state.sqlite' }),
  signer: hmacSigner('a secret of sixteen bytes or more'),
  sinks: [webhook({ url: 'https://hooks.example.com', secret: 'a secret of twenty-four bytes or more' })],
});
const watched = fleet.defineModel(
  { ...contract, name: 'watched', target: { kind: 'probability', field: 'malignant' } },
  {
    variants: { v1: { predictor, version: '1' }, v2: { predictor, version: '2' } },
    champion: 'v1',
    fallback: [always({ malignant: 0.5 })],
    rollout: { challenger: 'v2', gates: [errorRate({ maxRatio: 2 })] },
    monitors: [drift({ reference }), liveMetric({ metric: 'accuracy', breachBelow: 0.8, onBreach: ['alert', 'fall-back'] })],
  },
);
await fleet.ready({ timeoutMs: 5000 });
const seen = await watched.predict({ radius: 3 }, { unit: 'patient-2' });
assert.equal(await watched.recordOutcome(seen.id, { truth: { malignant: 1 } }), 'counted');
assert.equal(watched.status().monitors?.reports.length, 2);
assert.match(renderReport(watched.status(), []), /watched/);
const ops = dashboard(fleet, { open: 'read-only' });
assert.match(await (await ops(new Request('http://localhost/ops/'))).text(), /<script type="module"/);
ops.close();
await fleet.close();
console.log('ok');
