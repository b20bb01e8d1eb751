import { expect, it } from 'vitest';
import { Watchers } from './watchers.ts';

function logged(): { readonly watchers: Watchers; readonly log: string[]; readonly as: (name: string) => () => void } {
  const log: string[] = [];
  const watchers = new Watchers(
    () => log.push('begin'),
    () => log.push('end'),
  );
  return { watchers, log, as: (name) => () => void log.push(name) };
}

it('begins with the first and ends with the last, each time', () => {
  const { watchers, log, as } = logged();
  const [a, b] = [watchers.add('x', as('a')), watchers.add('y', as('b'))];
  expect(log).toEqual(['begin']);
  a();
  expect([log, watchers.keys]).toEqual([['begin'], ['y']]);
  b();
  watchers.add('x', as('c'));
  expect(log).toEqual(['begin', 'end', 'begin']);
});

it('tells those of the key, and all of them when anything may have changed', () => {
  const { watchers, log, as } = logged();
  for (const [key, name] of [
    ['x', 'a'],
    ['x', 'b'],
    ['y', 'c'],
  ] as const)
    watchers.add(key, as(name));
  watchers.tell('x');
  watchers.tell('z');
  watchers.tellAll();
  expect(log.slice(1)).toEqual(['a', 'b', 'a', 'b', 'c']);
});

it('one function that watches twice is told twice, and ends one at a time', () => {
  const { watchers, log, as } = logged();
  const same = as('a');
  const [first] = [watchers.add('x', same), watchers.add('x', same)];
  watchers.tell('x');
  first();
  first();
  watchers.tell('x');
  expect(log).toEqual(['begin', 'a', 'a', 'a']);
});

it('clear ends all of them once; what ends later changes nothing', () => {
  const { watchers, log, as } = logged();
  const end = watchers.add('x', as('a'));
  watchers.clear();
  watchers.clear();
  end();
  watchers.tell('x');
  expect([log, watchers.keys]).toEqual([['begin', 'end'], []]);
});

it('one that ended before a clear does not end those that came after', () => {
  const { watchers, log, as } = logged();
  const old = watchers.add('x', as('old'));
  watchers.clear();
  watchers.add('x', as('new'));
  old();
  watchers.tell('x');
  expect(log).toEqual(['begin', 'end', 'begin', 'new']);
});
