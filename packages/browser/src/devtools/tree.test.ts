import { beforeEach, expect, it } from 'vitest';
import { type Child, drawer, h } from './tree.ts';

let root = document.createElement('div');
let failures: unknown[] = [];
let draw: (...children: readonly Child[]) => void = () => undefined;

beforeEach(() => {
  root = document.createElement('div');
  document.body.replaceChildren(root);
  failures = [];
  const whole = drawer(root, (error) => failures.push(error));
  draw = (...children) => whole(children);
});

it('shows texts as texts', () => {
  const payload = '<img src=x onerror=alert(1)>';
  draw(h('p', { title: payload }, payload, 7, null, undefined, false, [' a', ['b']]));
  expect(root.querySelector('img')).toBeNull();
  expect(root.textContent).toBe(`${payload}7 ab`);
  expect(root.querySelector('p')?.title).toBe(payload);
});

it('keeps elements, with their focus, and changes them in place', () => {
  draw(h('button', { class: 'a', title: 'x' }, 'one'));
  const button = root.querySelector('button');
  button?.focus();
  draw(h('i', null), h('button', { class: 'b' }, 'two'));
  expect(root.querySelector('button')).toBe(button);
  expect(document.activeElement).toBe(button);
  expect(root.innerHTML).toBe('<i></i><button class="b">two</button>');
});

it('moves what has a key with it, and removes what is gone', () => {
  const rows = (...names: readonly string[]): Child => names.map((name) => h('li', { key: name }, name));
  draw(rows('a', 'b', 'c'));
  const [a, b, c] = root.children;
  draw(rows('c', 'd', 'a'));
  expect([...root.children].map(({ textContent }) => textContent)).toEqual(['c', 'd', 'a']);
  expect([root.children[0], root.children[2]]).toEqual([c, a]);
  expect(b?.isConnected).toBe(false);
  draw();
  expect(root.childNodes).toHaveLength(0);
});

it('listens once, calls the handler of the last drawing, and keeps its errors', () => {
  const heard: string[] = [];
  for (const name of ['first', 'second']) draw(h('button', { onclick: () => heard.push(name) }));
  root.querySelector('button')?.click();
  expect(heard).toEqual(['second']);
  draw(
    h('button', {
      onclick: () => {
        throw new Error('oh');
      },
    }),
  );
  root.querySelector('button')?.click();
  draw(h('button', {}));
  root.querySelector('button')?.click();
  expect(failures).toEqual([new Error('oh')]);
});

it('sets state as properties, and custom properties of CSS without a style attribute in markup', () => {
  const select = (value: string): Child =>
    h(
      'select',
      { value },
      ['a', 'b'].map((one) => h('option', { value: one }, one)),
    );
  draw(select('b'), h('input', { type: 'checkbox', checked: true }), h('s', { vars: { '--part': '3' } }));
  expect(root.querySelector('select')?.value).toBe('b');
  expect(root.querySelector('input')?.checked).toBe(true);
  expect(root.querySelector('s')?.style.getPropertyValue('--part')).toBe('3');
  const input = root.querySelector('input');
  if (input !== null) input.checked = false;
  draw(select('a'), h('input', { type: 'checkbox', checked: true }), h('s', null));
  expect(root.querySelector('select')?.value).toBe('a');
  expect(input?.checked).toBe(true);
});

it('leaves nothing behind of two with the same key', () => {
  const twice = [h('li', { key: 'a' }, 'one'), h('li', { key: 'a' }, 'two')];
  for (let n = 0; n < 3; n++) {
    draw(twice);
    expect(root.textContent).toBe('onetwo');
  }
  draw();
  expect(root.childNodes.length).toBe(0);
});
