import type { ContractView, FieldView } from '../types/index.ts';
import { ancestorsOf, inputField } from './contract-fields.ts';
import { type Box, outside } from './box.ts';
import { type Budget, findUncovered } from './cover.ts';
import { describeRuns, fieldDomain, type FieldDomain, runsOf } from './field-domain.ts';
import type { FieldTest } from './field-test.ts';
import type { ReadRow } from './read-table.ts';

/** All inputs that a contract allows, as far as the declarative rows of a table can tell them apart. */
export interface RuleSpace {
  readonly domains: readonly FieldDomain[];
  readonly sizes: readonly number[];
  /** The declarative rows in the order in which they are asked, and where each matches. */
  readonly placed: readonly PlacedRow[];
  /** The rows that decide by function. */
  readonly functions: readonly ReadRow[];
  /** Points that are no input: a field of an object that is missing is missing too. */
  readonly impossible: readonly Box[];
}

export interface PlacedRow {
  readonly row: ReadRow;
  readonly box: Box;
}

export function ruleSpace(rows: readonly ReadRow[], contract: ContractView): RuleSpace {
  const byPath = new Map<string, FieldTest[]>();
  const declarative: (readonly [ReadRow, readonly FieldTest[]])[] = [];
  for (const row of rows) {
    if (typeof row.when === 'function') continue;
    declarative.push([row, row.when]);
    for (const test of row.when) {
      const tests = byPath.get(test.path);
      if (tests === undefined) byPath.set(test.path, [test]);
      else tests.push(test);
    }
  }
  const domains = [...byPath].map(([path, tests]) => fieldDomain(path, tests, contract));
  const boxOf = (tests: readonly FieldTest[]): Box =>
    domains.map((domain) => {
      const own = tests.filter((test) => test.path === domain.path);
      return own.length === 0 ? undefined : runsOf(domain, own);
    });
  return {
    domains,
    sizes: domains.map((domain) => domain.samples.length),
    placed: declarative.map(([row, tests]) => ({ row, box: boxOf(tests) })),
    functions: rows.filter((row) => typeof row.when === 'function'),
    impossible: impossibleBoxes(domains, contract),
  };
}

/** The fields on the way to `path`, itself included, where the way may end. */
function gatesOf(path: string, contract: ContractView): readonly FieldView[] {
  const field = inputField(contract, path);
  const way = [...ancestorsOf(contract.input ?? [], path), ...(field === undefined ? [] : [field])];
  return way.filter(({ optional, nullable }) => optional || nullable);
}

const isOnWayTo = (ancestor: string, path: string): boolean => path === ancestor || path.startsWith(`${ancestor}.`);

function impossibleBoxes(domains: readonly FieldDomain[], contract: ContractView): readonly Box[] {
  const boxes: Box[] = [];
  for (const [x, inner] of domains.entries()) {
    const gates = gatesOf(inner.path, contract);
    for (const [y, other] of domains.entries()) {
      if (x === y || other.missing === 0) continue;
      const present = other.missing === -1 ? undefined : [0, other.missing];
      const box = (runs: readonly number[]): Box =>
        domains.map((_, index) => (index === x ? runs : index === y ? present : undefined));
      // Where `other` is there, each of the ways' ends that it passes is there too; if that is all of them, so is `inner`.
      const passed = gates.length > 0 && gates.every((gate) => isOnWayTo(gate.path, other.path));
      if (inner.missing > 0 && passed) boxes.push(box([inner.missing, inner.missing + 1]));
      // What has a field inside is neither a number nor any other value that a row mentions.
      if (inner.other > 0 && isOnWayTo(inner.path, other.path)) boxes.push(box([0, inner.other]));
    }
  }
  return boxes;
}

/** A possible point of `box` outside of all `covers`, as {@link findUncovered} finds it. */
export function findPoint(
  { sizes, impossible }: RuleSpace,
  box: Box,
  covers: readonly Box[],
  budget: Budget,
  proof?: Set<Box>,
): ReturnType<typeof findUncovered> {
  return findUncovered(sizes, [...outside(box, sizes), ...impossible, ...covers], budget, proof);
}

/** A box in words. */
export function describeBox({ domains }: RuleSpace, box: Box): string {
  const limits = domains.flatMap((domain, index) => (box[index] === undefined ? [] : [describeRuns(domain, box[index])]));
  return limits.length === 0 ? 'any input' : limits.join(', ');
}

type Witness = Record<string, unknown>;

/** An input at a point: the fields that rows test as the point says, the required ones of the contract with some value. */
export function witnessAt({ domains }: RuleSpace, point: readonly number[], contract: ContractView): Witness {
  const witness: Witness = {};
  const values = new Map(domains.map(({ path, samples }, index) => [path, samples[point[index] ?? 0]]));
  const present = [...values].flatMap(([path, value]) => (value === undefined ? [] : [path]));
  const isOpen = (gate: FieldView): boolean => present.some((path) => isOnWayTo(gate.path, path));
  const paths = new Set([...(contract.input ?? []).map((field) => field.path), ...values.keys()]);
  for (const path of [...paths].sort((a, b) => depth(a) - depth(b))) {
    const closed = gatesOf(path, contract).find((gate) => !isOpen(gate));
    if (closed !== undefined) {
      if (closed.path === path && !closed.optional) place(witness, path, null);
      continue;
    }
    const hasInner = present.some((other) => other !== path && isOnWayTo(path, other));
    const value = values.has(path) ? values.get(path) : fieldDomain(path, [], contract).samples[0];
    if (hasInner) place(witness, path, {});
    else if (value !== undefined) place(witness, path, value);
  }
  return witness;
}

const depth = (path: string): number => path.split('.').length;

function place(witness: Witness, path: string, value: unknown): void {
  let object = witness;
  const segments = path.split('.');
  const last = segments.pop() ?? '';
  for (const segment of segments) {
    const inner = object[segment];
    object = (typeof inner === 'object' && inner !== null ? inner : (object[segment] = {})) as Witness;
  }
  object[last] = value;
}
