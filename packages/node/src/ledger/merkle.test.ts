import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyRanges,
  Frontier,
  inclusionRanges,
  leafHash,
  nodeHash,
  rootsOf,
  subtreesOf,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts';

interface Vectors {
  readonly leaves: readonly string[];
  readonly roots: readonly string[];
  readonly inclusion: readonly {
    readonly name: string;
    readonly leafIdx: number;
    readonly treeSize: number;
    readonly root: string;
    readonly leafHash: string;
    readonly proof: readonly string[] | null;
    readonly wantErr: boolean;
  }[];
  readonly consistency: readonly {
    readonly name: string;
    readonly size1: number;
    readonly size2: number;
    readonly root1: string | null;
    readonly root2: string | null;
    readonly proof: readonly string[] | null;
    readonly wantErr: boolean;
  }[];
}
const vectors = JSON.parse(readFileSync(new URL('../../test-data/rfc6962.json', import.meta.url), 'utf8')) as Vectors;
const bytes = (base64: string | null): Buffer => Buffer.from(base64 ?? '', 'base64');
const leaves = vectors.leaves.map((hex) => leafHash(Buffer.from(hex, 'hex')));

function treeOf(of: readonly Buffer[]): Frontier {
  const tree = new Frontier();
  for (const leaf of of) tree.append(leaf);
  return tree;
}

/** The root by its definition in RFC 6962, section 2.1. */
function rootByDefinition(of: readonly Buffer[]): Buffer {
  const [first] = of;
  if (first === undefined) return new Frontier().root();
  if (of.length === 1) return first;
  const split = 2 ** Math.floor(Math.log2(of.length - 1));
  return nodeHash(rootByDefinition(of.slice(0, split)), rootByDefinition(of.slice(split)));
}

describe('the published vectors of RFC 6962', () => {
  it.each(vectors.roots.map((root, size) => [size, root] as const))('the root of %d leaves', (size, root) => {
    const tree = treeOf(leaves.slice(0, size));
    expect(tree.root().toString('hex')).toBe(root);
    expect(tree.nodes).toHaveLength(subtreesOf(size));
  });

  it.each(vectors.inclusion)('inclusion $name', ({ leafIdx, treeSize, leafHash: leaf, proof, root, wantErr }) => {
    expect(verifyInclusion(leafIdx, treeSize, bytes(leaf), (proof ?? []).map(bytes), bytes(root))).toBe(!wantErr);
  });

  it.each(vectors.consistency)('consistency $name', ({ size1, size2, root1, root2, proof, wantErr }) => {
    expect(verifyConsistency(size1, size2, bytes(root1), bytes(root2), (proof ?? []).map(bytes))).toBe(!wantErr);
  });

  it('makes the inclusion and consistency proofs that they hold', async () => {
    const proofs = vectors.inclusion.filter(({ name }) => /^[1-4]\/happy-path$/.test(name));
    for (const { leafIdx, treeSize, proof } of proofs) {
      const made = await rootsOf(inclusionRanges(leafIdx, treeSize), leaves);
      expect(made.map((hash) => hash.toString('base64'))).toEqual(proof);
    }
    const growths = vectors.consistency.filter(({ name }) => /^[1-4]\/happy-path$/.test(name));
    for (const { size1, size2, proof } of growths) {
      const made = await rootsOf(consistencyRanges(size1, size2), leaves);
      expect(made.map((hash) => hash.toString('base64'))).toEqual(proof);
    }
    expect([proofs.length, growths.length]).toEqual([4, 4]);
  });
});

describe('trees of any size', () => {
  const many = Array.from({ length: 70 }, (_, index) => leafHash(Buffer.from(String(index))));

  it('has the root of the definition, whatever its size', () => {
    for (let size = 0; size <= many.length; size++)
      expect(treeOf(many.slice(0, size)).root()).toEqual(rootByDefinition(many.slice(0, size)));
  });

  it('goes on from the roots of its subtrees', () => {
    const half = treeOf(many.slice(0, 37));
    const copy = new Frontier(half.size, half.nodes);
    for (const leaf of many.slice(37)) copy.append(leaf);
    expect(copy.root()).toEqual(treeOf(many).root());
    expect(half.root()).toEqual(treeOf(many.slice(0, 37)).root());
  });

  it('every proof verifies, and none for another leaf, place or root', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(), async (size, first, second) => {
        const [index, other] = [first % size, second % size];
        const root = treeOf(many.slice(0, size)).root();
        const path = await rootsOf(inclusionRanges(index, size), many);
        const leaf = many[index] ?? Buffer.alloc(0);
        expect(verifyInclusion(index, size, leaf, path, root)).toBe(true);
        expect(verifyInclusion(other, size, leaf, path, root)).toBe(other === index);
        expect(verifyInclusion(index, size, many[other] ?? leaf, path, root)).toBe(other === index);
        const begin = treeOf(many.slice(0, index + 1)).root();
        const growth = await rootsOf(consistencyRanges(index + 1, size), many);
        expect(verifyConsistency(index + 1, size, begin, root, growth)).toBe(true);
        expect(verifyConsistency(index + 1, size, leaf, root, growth)).toBe(index === 0);
      }),
    );
  });

  it('a place that is none is refused', () => {
    const root = treeOf(many).root();
    for (const index of [-1, 70, NaN]) expect(verifyInclusion(index, 70, root, [], root)).toBe(false);
    for (const first of [-1, 0, 71, NaN]) expect(verifyConsistency(first, 70, root, root, [])).toBe(false);
  });
});
