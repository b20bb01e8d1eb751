import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { WallTime } from '../time/index.ts';
import { DecisionIds, type IdSigner, nameHash, unitHashOf } from './decision-id.ts';
import { RandomWords } from './random-words.ts';
import { seededRandom } from '../testing/seeded-random.ts';

const signed = (key: string): IdSigner => ({
  keyed: true,
  seal: (body) => createHmac('sha256', key).update(body).digest().subarray(0, 7),
});

function ids(signer?: IdSigner, seed = 1): { ids: DecisionIds; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { ids: new DecisionIds('triage', new WallTime(clock), new RandomWords(seededRandom(seed)), signer), clock };
}

test.each([0, 1, 1_790_000_000_000, 2 ** 42 - 1])('an id of the moment %i begins with a letter, and tells the moment', (at) => {
  const made = new DecisionIds('triage', { at: () => at } as unknown as WallTime, new RandomWords(seededRandom(1)), undefined);
  const id = made.complete(undefined, made.exposure(1, 1, 'model', 0, 1, false), 'u', 0);
  expect(id[0]).toBe('d');
  expect(made.parse(id)).toMatchObject({ at });
  expect(made.parse(`-${id.slice(1)}`)).toBeUndefined();
});

describe.each([
  ['unkeyed', undefined],
  ['keyed', signed('a key')],
] as const)('%s ids', (name, signer) => {
  test('property: what goes in comes out, and one changed character is told', () => {
    const { ids: made, clock } = ids(signer);
    const tier = fc.constantFrom('model' as const, 'cache' as const, 'rules' as const, 'always' as const);
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.nat(0xffff),
        tier,
        fc.nat(15),
        fc.integer({ min: 0, max: 10_000 }),
        fc.string(),
        fc.nat(47),
        fc.boolean(),
        fc.boolean(),
        (assigned, served, served_by, stage, weight, unit, at, early, atRisk) => {
          const exposure = made.exposure(assigned, served, served_by, stage, weight / 10_000, atRisk);
          const stem = early ? made.stem(clock.now()) : undefined;
          const id = made.complete(stem, exposure, unit, clock.now());
          expect(id).toMatch(/^[-\w]{48}$/);
          expect(made.parse(id)).toEqual({
            at: clock.wall(),
            modelHash: nameHash('triage'),
            assignedHash: assigned,
            servedHash: served,
            tier: served_by,
            stage,
            atRisk,
            probability: weight / 10_000,
            unitHash: made.unitHash(unit),
            keyed: name === 'keyed',
          });
          const damaged = id.slice(0, at) + (id[at] === 'A' ? 'B' : 'A') + id.slice(at + 1);
          const read = made.parse(damaged);
          expect(read === undefined || read === 'forged').toBe(true);
        },
      ),
      { seed: 17 },
    );
  });

  test('sort by time and never repeat', () => {
    const { ids: made, clock } = ids(signer);
    const exposure = made.exposure(1, 1, 'model', 0, 1, false);
    const all: string[] = [];
    for (let index = 0; index < 2000; index++) {
      if (index % 10 === 0) clock.freeze(1);
      all.push(made.complete(undefined, exposure, '', clock.now()));
    }
    expect(new Set(all).size).toBe(2000);
    const times = all.map((id) => id.slice(0, 8));
    expect(times.toSorted()).toEqual(times);
  });
});

test('a key tells ids that were made without it', () => {
  const keyed = ids(signed('a key')).ids;
  const forger = ids(signed('another')).ids;
  const plain = ids().ids;
  for (const other of [forger, plain])
    expect(keyed.parse(other.complete(undefined, other.exposure(1, 1, 'model', 0, 1, false), 'u', 1000))).toBe('forged');
});

test('what is no id at all is unknown', () => {
  const { ids: made } = ids();
  for (const text of ['', 'x', 'é'.repeat(48), '-'.repeat(48), ' '.repeat(48)]) expect(made.parse(text)).toBeUndefined();
});

test('units are told apart by 40 bits', () => {
  const { ids: made } = ids();
  const hashes = new Set(Array.from({ length: 100_000 }, (_, index) => made.unitHash(`user-${index}`)));
  for (const unit of ['', 'ana-17', 'é\ud800']) expect(unitHashOf(unit)).toBe(made.unitHash(unit));
  expect(hashes.size).toBeGreaterThan(99_998);
});
