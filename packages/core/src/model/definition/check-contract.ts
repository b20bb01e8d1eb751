import { isSchema } from '../../contract/validate.ts';
import type { Problems } from '../../errors/index.ts';
import type { AnyContract } from '../any-definition.ts';
import { isObject } from './is-object.ts';

/** The name, the schemas, the target and the KPIs; returns whether the rest can be checked against them. */
export function checkContract(contract: AnyContract, problems: Problems): boolean {
  problems.expect(
    typeof contract.name === 'string' && contract.name !== '',
    'contract.name',
    'expected a name that is not empty',
  );
  problems.expect(
    isSchema(contract.input),
    'contract.input',
    'expected a Standard Schema, such as one of zod 4, valibot or arktype',
  );
  problems.expect(
    isSchema(contract.output),
    'contract.output',
    'expected a Standard Schema, such as one of zod 4, valibot or arktype',
  );
  problems.expect(
    contract.truth === undefined || isSchema(contract.truth),
    'contract.truth',
    'expected a Standard Schema, or nothing for the output schema',
  );
  const target: unknown = contract.target;
  if (target !== undefined) {
    const kind = isObject(target) ? Reflect.get(target, 'kind') : undefined;
    problems.expect(
      kind === 'probability' || kind === 'label' || kind === 'number',
      'contract.target.kind',
      `expected 'probability', 'label' or 'number', got ${JSON.stringify(kind)}`,
    );
    problems.expect(
      isObject(target) && typeof Reflect.get(target, 'field') === 'string',
      'contract.target.field',
      'expected the name of an output field',
    );
  }
  problems.expect(
    contract.kpis === undefined || isObject(contract.kpis),
    'contract.kpis',
    "expected KPIs by their names, such as { savedMinutes: { better: 'higher' } }",
  );
  for (const [name, kpi] of Object.entries(contract.kpis ?? {})) {
    problems.expect(
      kpi?.better === 'higher' || kpi?.better === 'lower',
      `contract.kpis.${name}.better`,
      `expected 'higher' or 'lower', got ${JSON.stringify(kpi?.better)}`,
    );
  }
  return problems.list.every(({ path }) => path === 'contract.name');
}
