import { expect, it } from 'vitest';
import { isPressed, readShortcut } from './shortcut.ts';

const press = (code: string, key: string, modifiers: Partial<KeyboardEventInit> = {}): KeyboardEvent =>
  new KeyboardEvent('keydown', { code, key, ...modifiers });

it('reads keys with modifiers, in any case and order', () => {
  expect(readShortcut('Alt+Shift+U')).toEqual({ alt: true, ctrl: false, meta: false, shift: true, key: 'u' });
  expect(readShortcut(' shift + META + , ')).toEqual({ alt: false, ctrl: false, meta: true, shift: true, key: ',' });
  expect(readShortcut('F9')).toEqual({ alt: false, ctrl: false, meta: false, shift: false, key: 'f9' });
});

it.each(['', 'U', 'Shift+U', 'Alt', 'Alt+Shift', 'Hyper+U', 'Alt+Alt+U', 'Alt+'])('takes %j for none', (text) => {
  expect(readShortcut(text)).toBeUndefined();
});

it('knows the keys by their place, where a modifier types something else', () => {
  const shortcut = readShortcut('Alt+Shift+U');
  expect(shortcut).toBeDefined();
  if (shortcut === undefined) return;
  expect(isPressed(shortcut, press('KeyU', '¨', { altKey: true, shiftKey: true }))).toBe(true);
  expect(isPressed(shortcut, press('KeyF', 'u', { altKey: true, shiftKey: true }))).toBe(true);
  expect(isPressed(shortcut, press('KeyU', 'U', { altKey: true, shiftKey: true, ctrlKey: true }))).toBe(false);
  expect(isPressed(shortcut, press('KeyU', 'u', { altKey: true }))).toBe(false);
  expect(isPressed(shortcut, press('KeyI', 'i', { altKey: true, shiftKey: true }))).toBe(false);
});
