import type { ContractView, FieldView } from '../types/index.ts';

/** A field about which nothing is known: it may be anything, or missing. */
const anything = (path: string): FieldView => ({ path, type: 'unknown', optional: true, nullable: true });

/** What a contract says of the input field at a dotted path; `undefined` where it says that there is no such field. */
export function inputField(contract: ContractView, path: string): FieldView | undefined {
  const fields = contract.input;
  if (fields === undefined) return anything(path);
  const listed = fields.find((field) => field.path === path);
  if (listed !== undefined) return listed;
  const parent = ancestorsOf(fields, path).at(-1);
  if (parent === undefined) return contract.inputOpen === true ? anything(path) : undefined;
  const deeper = parent.type === 'unknown' || parent.type === 'array' || parent.open === true;
  return deeper ? anything(path) : undefined;
}

/** The listed objects that a field is inside of, outermost first. */
export function ancestorsOf(fields: readonly FieldView[], path: string): readonly FieldView[] {
  return fields.filter((field) => path.startsWith(`${field.path}.`));
}
