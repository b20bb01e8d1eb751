/** A key with its modifiers, such as `Alt+Shift+U`. */
export interface Shortcut {
  readonly alt: boolean;
  readonly ctrl: boolean;
  readonly meta: boolean;
  readonly shift: boolean;
  /** In small letters. */
  readonly key: string;
}

const MODIFIERS: ReadonlySet<string> = new Set(['alt', 'ctrl', 'meta', 'shift']);

/** Reads a shortcut; `undefined` for what is none. A key alone would be typed into the page: it needs Alt, Ctrl or Meta, or is F1 to F24. */
export function readShortcut(text: string): Shortcut | undefined {
  const parts = text.split('+').map((part) => part.trim().toLowerCase());
  const key = parts.pop() ?? '';
  const has = new Set(parts);
  if (key === '' || MODIFIERS.has(key) || has.size !== parts.length || parts.some((part) => !MODIFIERS.has(part)))
    return undefined;
  const isSafe = has.has('alt') || has.has('ctrl') || has.has('meta') || /^f\d{1,2}$/.test(key);
  if (!isSafe) return undefined;
  return { alt: has.has('alt'), ctrl: has.has('ctrl'), meta: has.has('meta'), shift: has.has('shift'), key };
}

type Pressed = Pick<KeyboardEvent, 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'key' | 'code'>;

/** Whether an event is the shortcut. Letters and digits go by their place too: with Option or Alt they type something else. */
export function isPressed({ alt, ctrl, meta, shift, key }: Shortcut, event: Pressed): boolean {
  if (event.altKey !== alt || event.ctrlKey !== ctrl || event.metaKey !== meta || event.shiftKey !== shift) return false;
  const code = event.code.toLowerCase();
  return event.key.toLowerCase() === key || code === `key${key}` || code === `digit${key}`;
}
