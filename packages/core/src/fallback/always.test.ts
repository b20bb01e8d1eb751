import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { contractView } from '../contract/contract-view.ts';
import { UnderstudyError } from '../errors/index.ts';
import type { Failure } from '../types/index.ts';
import { always } from './always.ts';

const failure: Failure = { code: 'TIMEOUT', message: '', class: 'failed', kind: 'timeout', from: 'v1', cause: undefined };
const call = { unit: '' };

describe('always', () => {
  test('answers the same output whatever failed', () => {
    const tier = always({ malignant: 0.5 });
    expect(tier).toMatchObject({ kind: 'always', name: 'always', version: '1' });
    expect(tier.answer({}, failure, call)).toEqual({ output: { malignant: 0.5 }, because: 'a fixed output' });
    expect(always(0, { name: 'zero', version: '7' })).toMatchObject({ name: 'zero', version: '7' });
  });

  test('neither the giver nor a caller can change it', () => {
    const given = { p: [1] };
    const tier = always<typeof given>(given);
    given.p.push(2);
    const answer = tier.answer({}, failure, call);
    expect(answer).toMatchObject({ output: { p: [1] } });
    expect(() => 'output' in answer && answer.output.p.push(3)).toThrow(TypeError);
    const dated = always<Date>(new Date(5));
    const first = dated.answer({}, failure, call);
    if ('output' in first) first.output.setTime(9);
    expect(dated.answer({}, failure, call)).toMatchObject({ output: new Date(5) });
  });

  test('an output that the contract refuses is named when the model is defined', () => {
    const contract = contractView({ name: 'm', input: z.object({}), output: z.object({ p: z.number().max(1) }) });
    expect(() => always({ p: 1 }).check?.(contract)).not.toThrow();
    expect(() => always({ p: 2 }).check?.(contract)).toThrow(/output of always always for the model m has a problem:\n {2}p: /);
  });

  test('an output that cannot be copied is refused at once', () => {
    expect(() => always({ run: () => 1 })).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    let thrown: unknown;
    try {
      always(cyclic);
    } catch (error) {
      thrown = error;
    }
    expect(UnderstudyError.is(thrown, 'CONFIGURATION_INVALID')).toBe(true);
  });
});
