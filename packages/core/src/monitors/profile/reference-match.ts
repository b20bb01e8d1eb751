import type { Problem } from '../../errors/index.ts';
import type { FieldView } from '../../types/index.ts';
import type { FieldProfile } from '../../statistics/profiles/bin-layout.ts';
import type { BuiltInContext } from '../monitor.ts';
import { type Profile, profileProblems } from './profile.ts';
import { kindOf } from './profile-builder.ts';

/** What is wrong with a reference by itself. */
export function referenceProblems(reference: unknown): Problem[] {
  return profileProblems(reference).map(({ path, message }) => ({
    path: path === '' ? 'reference' : `reference.${path}`,
    message,
  }));
}

/** Where a reference does not fit the contract. */
export function referenceMatch(
  reference: Profile,
  fields: readonly string[],
  withOutput: boolean,
  { model, input, output }: Pick<BuiltInContext, 'model' | 'input' | 'output'>,
): Problem[] {
  if (reference.contract !== model) {
    const message = `expected a profile of ${model}, got one of ${reference.contract}: make one with profileFromRows()`;
    return [{ path: 'reference.contract', message }];
  }
  if (fields.length === 0 && !(withOutput && Object.keys(reference.output).length > 0)) {
    const message = 'expected a profile with a field to watch: of arrays, objects and dates there is none';
    return [{ path: 'reference', message }];
  }
  return [
    ...sideProblems('input', pick(reference.input, fields), input),
    ...(withOutput ? sideProblems('output', reference.output, output) : []),
  ];
}

const pick = (profiles: Profile['input'], fields: readonly string[]): Profile['input'] =>
  Object.fromEntries(Object.entries(profiles).filter(([field]) => fields.includes(field)));

function sideProblems(side: 'input' | 'output', profiles: Profile['input'], views: readonly FieldView[] | undefined): Problem[] {
  if (views === undefined) return [];
  return Object.entries(profiles).flatMap(([field, profile]) => {
    const message = mismatch(
      profile,
      views.find(({ path }) => path === field),
      side,
    );
    return message === undefined ? [] : [{ path: `reference.${side}.${field}`, message }];
  });
}

function mismatch({ kind }: FieldProfile, view: FieldView | undefined, side: string): string | undefined {
  if (view === undefined)
    return `the contract has no such field in its ${side}: make the profile anew, or leave the field out of fields`;
  // Nothing is known of a field that cannot be read.
  if (view.type === 'unknown' || kindOf(view) === kind) return undefined;
  return `expected the profile of a ${view.type}, as the contract has it, got a ${kind} one: make the profile anew`;
}
