import { expect, it } from 'vitest';
import { Problems } from '../errors/index.ts';
import { checkMapping, type TensorMapping, type TensorTypes } from './tensor-mapping.ts';

type Mapping = TensorMapping<unknown, TensorTypes>;

function problemsOf(mapping: Mapping): string[] {
  const problems = new Problems();
  checkMapping(mapping, problems);
  return problems.list.map(({ path, message }) => `${path}: ${message}`);
}

it.each<Mapping>([
  {},
  { features: ['a', 'b'], inputName: 'x' },
  { columns: { a: 'float32', b: 'string' }, outputs: { y: 'int64' } },
  { inputs: () => ({}) },
])('takes %j', (mapping) => {
  expect(problemsOf(mapping)).toEqual([]);
});

it.each<[Mapping, string[]]>([
  [{ features: ['a'], columns: {} }, ['inputs: expected only one of features, columns and inputs, got undefined']],
  [{ inputName: 'x' }, ['inputName: expected features beside it, whose tensor it names, got "x"']],
  [{ features: [] }, ['features: expected a list of at least 1, got []']],
  [{ features: ['a', 'b', 'a'] }, ['features: expected each name once, got ["a", "b", "a"]']],
  [
    { columns: { a: 'number' as never, b: 'bool' }, outputs: { y: 'toString' as never } },
    [
      "columns.a: expected a type such as 'float32', 'int64', 'bool' or 'string', got \"number\"",
      "outputs.y: expected a type such as 'float32', 'int64', 'bool' or 'string', got \"toString\"",
    ],
  ],
])('says what is wrong with %j', (mapping, problems) => {
  expect(problemsOf(mapping)).toEqual(problems);
});
