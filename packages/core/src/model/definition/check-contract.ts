import { introspectObject } from '../../contract/introspect.ts';
import { checkOptions, didYouMean, type Problems, problemsUnder } from '../../errors/index.ts';
import type { AnyContract } from '../any-definition.ts';
import { CONTRACT } from './definition-kinds.ts';

/** The name, the schemas, the target and the KPIs; returns whether the rest can be checked against them. */
export function checkContract(contract: AnyContract, problems: Problems): boolean {
  const { settings, problems: found } = checkOptions<AnyContract, {}>(contract, CONTRACT, {});
  for (const problem of problemsUnder('contract', found)) problems.add(problem.path, problem.message);
  const isSound = found.every(({ path }) => path === 'name');
  if (isSound) checkTarget(settings, problems);
  return isSound;
}

/** That the output has the field that is scored, where its fields can be read. */
function checkTarget({ target, output }: AnyContract, problems: Problems): void {
  if (target === undefined) return;
  const shape = introspectObject(output, 'output');
  if (shape === undefined || shape.open) return;
  const fields = shape.fields.map(({ path }) => path);
  const names = [...new Set(fields.map((path) => path.split(/[.[]/, 1)[0] ?? path))];
  problems.expect(
    fields.includes(target.field) || names.includes(target.field),
    'contract.target.field',
    `expected a field of the output: ${names.join(', ')}; got ${JSON.stringify(target.field)}${didYouMean(target.field, names)}`,
  );
}
