import { hash } from 'node:crypto';

/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;
const LEAF = Buffer.from([0]);
/** One for all: a hash is made at once. */
const NODE = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/** The hash of a record in the tree: SHA-256(0x00 ‖ bytes), RFC 6962 section 2.1. */
export function leafHash(record: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([LEAF, record]), 'buffer');
}

/** The line of a record in UTF-8, its end included, and its leaf hash: encoded once for both. */
export function lineAndLeaf(record: string): { readonly line: Buffer; readonly leaf: Buffer } {
  const bytes = Buffer.from(`\0${record}\n`);
  return { line: bytes.subarray(1), leaf: hash('sha256', bytes.subarray(0, -1), 'buffer') };
}

/** The hash of two subtrees: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  NODE.set(left, 1);
  NODE.set(right, 1 + HASH_BYTES);
  return hash('sha256', NODE, 'buffer');
}

/** How many complete subtrees make up a tree of so many leaves: the ones in its binary number. */
export function subtreesOf(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** A Merkle tree that only grows, as the roots of its complete subtrees: of n leaves it keeps at most log2(n) + 1 hashes. */
export class Frontier {
  #size: number;
  /** The largest subtree first. */
  readonly #nodes: Buffer[];

  /** @param nodes as many as {@link subtreesOf} says */
  constructor(size = 0, nodes: readonly Buffer[] = []) {
    this.#size = size;
    this.#nodes = [...nodes];
  }

  get size(): number {
    return this.#size;
  }

  get nodes(): readonly Buffer[] {
    return this.#nodes;
  }

  append(leaf: Buffer): void {
    let node = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = this.#nodes.pop();
      if (left !== undefined) node = nodeHash(left, node);
    }
    this.#nodes.push(node);
    this.#size++;
  }

  /** The root: SHA-256 of nothing for an empty tree. */
  root(): Buffer {
    return (
      this.#nodes.reduceRight<Buffer | undefined>(
        (right, left) => (right === undefined ? left : nodeHash(left, right)),
        undefined,
      ) ?? hash('sha256', '', 'buffer')
    );
  }

  copy(): Frontier {
    return new Frontier(this.#size, this.#nodes);
  }
}

/** Leaves from `from`, up to and without `to`. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** The largest power of two that is smaller than `size`. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** The subtrees whose roots are the inclusion proof of a leaf (RFC 6962 section 2.1.1), from the leaf up. */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  const ranges: LeafRange[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    const isLeft = index < middle;
    ranges.unshift(isLeft ? { from: middle, to } : { from, to: middle });
    if (isLeft) to = middle;
    else from = middle;
  }
  return ranges;
}

/** The subtrees whose roots prove that a tree of `size` leaves begins with the tree of its first leaves, 1 at least (RFC 6962 section 2.1.2). */
export function consistencyRanges(first: number, size: number): readonly LeafRange[] {
  const ranges: LeafRange[] = [];
  let [from, to] = [0, size];
  while (first < to) {
    const middle = from + splitOf(to - from);
    if (first <= middle) {
      ranges.unshift({ from: middle, to });
      to = middle;
    } else {
      ranges.unshift({ from, to: middle });
      from = middle;
    }
  }
  return from === 0 ? ranges : [{ from, to }, ...ranges];
}

/** The roots of subtrees, by one pass over the leaves. They may come in any order, and lie one in the other. */
export async function rootsOf(
  ranges: readonly LeafRange[],
  leaves: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<readonly Buffer[]> {
  const trees = ranges.map((range) => ({ ...range, tree: new Frontier() }));
  let index = 0;
  for await (const leaf of leaves) {
    for (const { from, to, tree } of trees) if (index >= from && index < to) tree.append(leaf);
    index++;
  }
  return trees.map(({ tree }) => tree.root());
}

const isHash = (bytes: Uint8Array): boolean => bytes.length === HASH_BYTES;

/** Whether a leaf is in a tree, by RFC 9162 section 2.1.3.2. */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Uint8Array,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!(index >= 0 && index < size) || ![leaf, root, ...path].every(isHash)) return false;
  let [node, last] = [index, size - 1];
  let found: Buffer = Buffer.from(leaf);
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      found = nodeHash(sibling, found);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else found = nodeHash(found, sibling);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && found.equals(root);
}

/** Whether a tree of `size` leaves begins with one of `first` leaves, by RFC 9162 section 2.1.4.2. There is no proof for the empty tree. */
export function verifyConsistency(
  first: number,
  size: number,
  firstRoot: Uint8Array,
  root: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!(first > 0 && first <= size) || !proof.every(isHash)) return false;
  if (first === size) return proof.length === 0 && Buffer.from(firstRoot).equals(root);
  let [node, last] = [first - 1, size - 1];
  while (node % 2 === 1) [node, last] = [(node - 1) / 2, Math.floor(last / 2)];
  // Where `first` is a power of two, its root is the first hash of the path.
  const [start, ...path] = node === 0 ? [firstRoot, ...proof] : proof;
  if (start === undefined) return false;
  let older: Buffer = Buffer.from(start);
  let newer = older;
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else newer = nodeHash(newer, sibling);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && older.equals(firstRoot) && newer.equals(root);
}
