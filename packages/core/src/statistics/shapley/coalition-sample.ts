import type { Uniform } from '../random-variates.ts';
import type { Coalition } from './coalition-values.ts';
import { shapleyKernelWeight } from './shapley-kernel.ts';

/** A coalition with its weight in the regression. */
export interface WeightedCoalition {
  readonly members: Coalition;
  weight: number;
}

/** All subsets of `size` of `features`, in lexicographic order. */
function subsets(features: number, size: number): boolean[][] {
  if (size === 0) return [Array.from({ length: features }, () => false)];
  if (size === features) return [Array.from({ length: features }, () => true)];
  return [
    ...subsets(features - 1, size - 1).map((rest) => [true].concat(rest)),
    ...subsets(features - 1, size).map((rest) => [false].concat(rest)),
  ];
}

/** A subset drawn with equal chances: each feature joins with places left/features left. */
function drawSubset(features: number, size: number, random: Uniform): boolean[] {
  let left = size;
  return Array.from({ length: features }, (_, index) => {
    const joins = random() * (features - index) < left;
    left -= Number(joins);
    return joins;
  });
}

/**
 * Coalitions for a regression with the Shapley kernel: every size, from the outside in, of which all coalitions fit the budget with
 * those of the complementary size; the rest of the budget is drawn from the remaining sizes, each coalition with its complement,
 * which halves the variance or better (I. Covert and S.-I. Lee, Improving KernelSHAP, 2021). Coalitions that are drawn twice count
 * twice and cost once.
 *
 * @param features at least 2
 * @param budget coalitions, at least 2 × features
 */
export function sampleCoalitions(features: number, budget: number, random: Uniform): WeightedCoalition[] {
  const coalitions: WeightedCoalition[] = [];
  /** Σ of the kernel over all coalitions of this size: (M − 1)/(s(M − s)). */
  const massOf = (size: number): number => (features - 1) / (size * (features - size));
  let size = 1;
  for (let count = features; size <= features / 2; count = (count * (features - size)) / ++size) {
    const sizes = size * 2 === features ? [size] : [size, features - size];
    if (coalitions.length + count * sizes.length > budget) break;
    for (const each of sizes) {
      const weight = shapleyKernelWeight(features, each);
      coalitions.push(...subsets(features, each).map((members) => ({ members, weight })));
    }
  }
  const remaining = Array.from({ length: Math.max(features - 2 * size + 1, 0) }, (_, index) => size + index);
  const mass = remaining.reduce((sum, each) => sum + massOf(each), 0);
  const drawn = new Map<string, WeightedCoalition>();
  const draws: WeightedCoalition[] = [];
  // Small sizes repeat themselves: a limit on the draws keeps that from lasting.
  for (let tries = 0; remaining.length > 0 && coalitions.length + drawn.size + 2 <= budget && tries < 4 * budget; tries++) {
    let target = random() * mass;
    const own = remaining.find((each) => (target -= massOf(each)) < 0) ?? size;
    const members = drawSubset(features, own, random);
    for (const each of [members, members.map((member) => !member)]) {
      const key = each.map(Number).join('');
      const coalition = drawn.get(key) ?? { members: each, weight: 0 };
      coalition.weight += 1;
      drawn.set(key, coalition);
      draws.push(coalition);
    }
  }
  for (const coalition of drawn.values()) coalitions.push({ ...coalition, weight: (coalition.weight * mass) / draws.length });
  return coalitions;
}
