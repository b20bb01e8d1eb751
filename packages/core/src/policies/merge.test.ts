import { expect, test } from 'vitest';
import type { CustomPolicy, PolicyDependencies, PolicyMachine } from '../types/index.ts';
import { instantiate, mergePolicies, off } from './merge.ts';
import { timeout } from './timeout.ts';

const custom = (kind: string, log: string[] = []): CustomPolicy => ({
  kind,
  create: () => {
    log.push(kind);
    return { admit: () => 0, settle: () => undefined };
  },
});

test('the narrower scope wins by kind, and may leave out what a wider one has', () => {
  const [wide, narrow, audit] = [timeout({ ms: 1 }), timeout({ ms: 2 }), custom('audit')];
  expect(mergePolicies([wide, audit], undefined, [narrow])).toEqual([narrow, audit]);
  expect(mergePolicies([wide, audit], [off('timeout')])).toEqual([audit]);
  expect(mergePolicies([off('timeout')], [narrow])).toEqual([narrow]);
  expect(mergePolicies()).toEqual([]);
});

test('each policy gets its slot, custom ones their order', () => {
  const log: string[] = [];
  const policies = [custom('b', log), timeout({ ms: 7 }), custom('a', log)];
  const { slots, custom: machines } = instantiate(policies, {} as PolicyDependencies);
  expect(slots).toEqual({ timeout: { ms: 7 }, retry: undefined, circuitBreaker: undefined, concurrencyLimit: undefined });
  expect([log, machines.length]).toEqual([['b', 'a'], 2]);
});

test('a policy may be an object of a class, whose create() reads its own fields', () => {
  class Quota implements CustomPolicy {
    readonly kind = 'quota';
    readonly #limit: number;

    constructor(limit: number) {
      this.#limit = limit;
    }

    create(): PolicyMachine {
      return { admit: () => this.#limit, settle: () => undefined };
    }
  }
  const { custom: machines } = instantiate([new Quota(7)], {} as PolicyDependencies);
  expect(machines.map(({ kind, machine }) => [kind, machine.admit(0, {} as never)])).toEqual([['quota', 7]]);
});
