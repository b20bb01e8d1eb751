import { OpenFeature } from '@openfeature/server-sdk';
import { Bucketing } from '@understudy/core/assignment';
import { afterEach, describe, expect, test } from 'vitest';
import { openFeatureAssignment } from './assignment.ts';
import { type AssignableModel, understudyProvider } from './provider.ts';

afterEach(() => OpenFeature.clearProviders());

const bucketing = new Bucketing('triage/assignment');
const split: AssignableModel = {
  assignmentOf: (unit) =>
    bucketing.bucket(unit) < 2500
      ? { variant: 'v4', probability: 0.25, reason: 'split' }
      : { variant: 'v3', probability: 0.75, reason: 'split' },
};
const pinned: AssignableModel = { assignmentOf: () => ({ variant: 'eu:2', probability: 1, reason: 'pin' }) };

async function clientOf(models: ReadonlyMap<string, AssignableModel>) {
  await OpenFeature.setProviderAndWait(understudyProvider(models));
  return OpenFeature.getClient();
}
const models = new Map([
  ['triage', split],
  ['price:eu', pinned],
]);
const ada = { targetingKey: 'ada' };
const units = Array.from({ length: 200 }, (_, index) => `unit-${index}`);

describe('a string flag', () => {
  test("tells each unit's variant, with its probability", async () => {
    const client = await clientOf(models);
    const variants = new Set<string>();
    for (const unit of units) {
      const { variant, probability } = split.assignmentOf(unit);
      variants.add(variant);
      expect(await client.getStringDetails('triage', 'none', { targetingKey: unit })).toEqual({
        flagKey: 'triage',
        value: variant,
        variant,
        reason: 'SPLIT',
        flagMetadata: { model: 'triage', probability, assignedBy: 'split' },
      });
    }
    expect(variants.size).toBe(2);
  });

  test('is static where every unit has the same variant', async () => {
    const client = await clientOf(models);
    expect(await client.getStringDetails('price:eu', 'none', ada)).toMatchObject({
      value: 'eu:2',
      reason: 'STATIC',
      flagMetadata: { model: 'price:eu', probability: 1, assignedBy: 'pin' },
    });
  });

  test('finds a model that is added later', async () => {
    const growing = new Map<string, AssignableModel>();
    const client = await clientOf(growing);
    expect(await client.getStringValue('triage', 'none', ada)).toBe('none');
    growing.set('triage', split);
    expect(await client.getStringValue('triage', 'none', ada)).toBe(split.assignmentOf('ada').variant);
  });
});

describe('a boolean flag', () => {
  test('says whether the unit is assigned to the variant; exactly one of them is', async () => {
    const client = await clientOf(models);
    for (const unit of units) {
      const [v3, v4] = [
        await client.getBooleanValue('triage:v3', false, { targetingKey: unit }),
        await client.getBooleanValue('triage:v4', false, { targetingKey: unit }),
      ];
      expect([v3, v4]).toEqual(split.assignmentOf(unit).variant === 'v3' ? [true, false] : [false, true]);
    }
  });

  test('names the variant that the unit has, also where it is another', async () => {
    const client = await clientOf(models);
    expect(await client.getBooleanDetails('price:eu:eu:2', false, ada)).toMatchObject({ value: true, variant: 'eu:2' });
    expect(await client.getBooleanDetails('price:eu:eu:1', true, ada)).toMatchObject({ value: false, variant: 'eu:2' });
  });
});

describe('errors are those of the specification, with the default value', () => {
  test.each(['nothing', 'nothing:v4', ''])('no model %j', async (flag) => {
    const client = await clientOf(models);
    const missing = { errorCode: 'FLAG_NOT_FOUND', reason: 'ERROR' };
    expect(await client.getStringDetails(flag, 'none', ada)).toMatchObject({ ...missing, value: 'none' });
    expect(await client.getBooleanDetails(flag, true, ada)).toMatchObject({ ...missing, value: true });
    expect(await client.getNumberDetails(flag, 7, ada)).toMatchObject({ ...missing, value: 7 });
    expect(await client.getObjectDetails(flag, {}, ada)).toMatchObject({ ...missing, value: {} });
  });

  test('another type of flag', async () => {
    const client = await clientOf(models);
    const mismatch = { errorCode: 'TYPE_MISMATCH', reason: 'ERROR' };
    expect(await client.getBooleanDetails('triage', true, ada)).toMatchObject({
      ...mismatch,
      value: true,
      errorMessage: 'the flag "triage" is a string flag, not a boolean one',
    });
    expect(await client.getStringDetails('triage:v4', 'none', ada)).toMatchObject({ ...mismatch, value: 'none' });
    expect(await client.getNumberDetails('triage', 7, ada)).toMatchObject({ ...mismatch, value: 7 });
    expect(await client.getObjectDetails('triage:v4', {}, ada)).toMatchObject({ ...mismatch, value: {} });
  });

  test.each([{}, { targetingKey: '' }])('no unit: %j', async (context) => {
    const client = await clientOf(models);
    const missing = { errorCode: 'TARGETING_KEY_MISSING', reason: 'ERROR' };
    expect(await client.getStringDetails('triage', 'none', context)).toMatchObject({ ...missing, value: 'none' });
    expect(await client.getBooleanDetails('triage:v4', true, context)).toMatchObject({ ...missing, value: true });
  });
});

test('one service assigns, another follows it: the variant and its probability pass through', async () => {
  const assign = openFeatureAssignment({ client: await clientOf(models), flag: 'triage' });
  for (const unit of units.slice(0, 20)) {
    const { variant, probability } = split.assignmentOf(unit);
    expect(await assign({ model: 'triage', unit, tenant: undefined })).toEqual({ variant, probability });
  }
});
