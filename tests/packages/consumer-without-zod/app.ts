// A consumer who has valibot and not zod: contracts, policies, rules, rollouts, reports. It prints 'ok'.
import { strict as assert } from 'node:assert';
import { always, createUnderstudy, memoryStore, retry, rules, UnderstudyError } from '@understudy/core';
import { errorRate } from '@understudy/core/rollout';
import { circuitBreaker, compose } from '@understudy/core/policies';
import { renderReport } from '@understudy/core/report';
import { checkRules } from '@understudy/core/rules';
import { fakeSink } from '@understudy/core/testing';
import * as v from 'valibot';

const contract = {
  name: 'triage',
  input: v.object({ radius: v.pipe(v.number(), v.gtValue(0)) }),
  output: v.object({ malignant: v.number() }),
};
const table = {
  name: 'by-size',
  version: '1',
  rows: [{ id: 'R1', when: { radius: { gte: 17 } }, then: { malignant: 0.95 } }],
} as const;

const sink = fakeSink();
const understudy = createUnderstudy({ store: memoryStore({ acceptLoss: true }), sinks: [sink] });
const model = understudy.defineModel(contract, {
  variants: {
    v1: { predictor: ({ radius }) => ({ malignant: radius > 15 ? 0.9 : 0.1 }), version: '1' },
    v2: { predictor: () => Promise.reject(new Error('down')), version: '2' },
  },
  champion: 'v1',
  policies: [retry({ baseMs: 1 }), circuitBreaker()],
  rollout: { challenger: 'v2', gates: [errorRate({ maxRatio: 2 })] },
  fallback: [rules(table), always({ malignant: 0.5 })],
});
await understudy.ready();
assert.equal((await model.predict({ radius: 18 })).output.malignant, 0.9);
const rescued = await model.predict({ radius: 18 }, { force: 'v2' });
assert.deepEqual([rescued.servedBy.tier, rescued.output.malignant], ['rules', 0.95]);
await assert.rejects(model.predict({ radius: -1 }), (error) => UnderstudyError.is(error, 'INPUT_INVALID'));
assert.equal(typeof model.status().rollout?.phase, 'string');
assert.match(renderReport(model.status(), []), /triage/);
assert.ok(Array.isArray(checkRules(table, contract).findings));
assert.equal(await compose(retry(), circuitBreaker())(() => 'ok'), 'ok');
await understudy.close();
assert.ok(sink.events.length >= 2);
console.log('ok');
