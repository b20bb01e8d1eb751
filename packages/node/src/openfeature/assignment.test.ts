import { InMemoryProvider, OpenFeature, type Provider, type ResolutionDetails } from '@openfeature/server-sdk';
import { afterEach, describe, expect, test } from 'vitest';
import { openFeatureAssignment } from './assignment.ts';

afterEach(() => OpenFeature.clearProviders());

async function clientOf(provider: Provider) {
  await OpenFeature.setProviderAndWait(provider);
  return OpenFeature.getClient();
}
const flags = () =>
  new InMemoryProvider({
    triage: {
      variants: { old: 'v3', new: 'v4' },
      defaultVariant: 'old',
      disabled: false,
      contextEvaluator: (context) => (context.targetingKey === 'ada' || context['tenant'] === 'beta' ? 'new' : 'old'),
    },
    off: { variants: { new: 'v4' }, defaultVariant: 'new', disabled: true },
    number: { variants: { new: 4 }, defaultVariant: 'new', disabled: false },
    broken: {
      variants: { new: 'v4' },
      defaultVariant: 'new',
      disabled: false,
      contextEvaluator: () => {
        throw new Error('rule');
      },
    },
  });
const call = (unit: string, tenant?: string) => ({ model: 'biopsy', unit, tenant });

/** A provider that answers every string flag with this, and keeps what it was asked. */
function answering(details: ResolutionDetails<string>) {
  const asked: [string, string, object][] = [];
  const provider: Provider = Object.assign(new InMemoryProvider(), {
    resolveStringEvaluation: async (key: string, defaultValue: string, context: object) => {
      asked.push([key, defaultValue, context]);
      return details;
    },
  });
  return { provider, asked };
}

describe('with a real provider', () => {
  test("the flag's value is the variant, by the unit and by what its rules look at", async () => {
    const assign = openFeatureAssignment({ client: await clientOf(flags()), flag: 'triage' });
    expect(await assign(call('ada'))).toEqual({ variant: 'v4' });
    expect(await assign(call('bob'))).toEqual({ variant: 'v3' });
    expect(await assign(call('bob', 'beta'))).toEqual({ variant: 'v4' });
    expect(await assign(call(''))).toEqual({ variant: 'v3' });
  });

  test.each(['off', 'number', 'broken', 'missing'])('a flag that is %s gives no assignment', async (flag) => {
    const assign = openFeatureAssignment({ client: await clientOf(flags()), flag });
    expect(await assign(call('ada'))).toBeUndefined();
  });

  test('without any provider there is no assignment', async () => {
    const assign = openFeatureAssignment({ client: OpenFeature.getClient(), flag: 'triage' });
    expect(await assign(call('ada'))).toBeUndefined();
  });

  test('values are mapped to variants; one that the map lacks gives no assignment', async () => {
    const client = await clientOf(flags());
    const assign = openFeatureAssignment({ client, flag: 'triage', variants: { v4: '2026-11' } });
    expect(await assign(call('ada'))).toEqual({ variant: '2026-11' });
    expect(await assign(call('bob'))).toBeUndefined();
  });
});

describe('what is asked and what is taken', () => {
  test('the unit is the targeting key, absent where the call has none', async () => {
    const { provider, asked } = answering({ value: 'v4' });
    const client = await clientOf(provider);
    const assign = openFeatureAssignment({ client, flag: 'triage' });
    await assign(call('ada', 'acme'));
    await assign(call(''));
    const custom = openFeatureAssignment({ client, flag: 'triage', context: ({ tenant }) => ({ plan: `${tenant}-gold` }) });
    await custom(call('ada', 'acme'));
    expect(asked).toEqual([
      ['triage', '', { targetingKey: 'ada', model: 'biopsy', tenant: 'acme' }],
      ['triage', '', { model: 'biopsy' }],
      ['triage', '', { targetingKey: 'ada', plan: 'acme-gold' }],
    ]);
  });

  test.each([
    [0.25, 0.25],
    [1, 1],
    [0, undefined],
    [1.5, undefined],
    [NaN, undefined],
    ['0.25', undefined],
    [true, undefined],
  ])('the probability %j of the metadata', async (probability, taken) => {
    const { provider } = answering({ value: 'v4', flagMetadata: { probability } });
    const assign = openFeatureAssignment({ client: await clientOf(provider), flag: 'triage' });
    expect(await assign(call('ada'))).toEqual(taken === undefined ? { variant: 'v4' } : { variant: 'v4', probability: taken });
  });
});
