/** How much of a value is shown: of its depth, of the entries of each level, of a text, and of all. */
const DEEPEST = 6;
const MOST_ENTRIES = 50;
const LONGEST_TEXT = 2000;
const LONGEST = 20_000;
const LONGEST_LINE = 200;

/** Control characters, and those that turn the direction of a line: they would hide what is there. */
// oxlint-disable-next-line no-control-regex
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A name or a sentence that is not ours, on one line: short, and with hidden characters made visible. */
export function line(text: string, longest = LONGEST_LINE): string {
  const cut = text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
  return cut.replaceAll(/[\n\t]/g, ' ').replaceAll(HIDDEN, escaped);
}

/**
 * A value as a text of several lines, whatever it is: at most 20,000 characters, and without running code of its own. Getters are named and
 * not called, promises are not awaited, and a proxy that throws is said to be one.
 */
export function outline(value: unknown): string {
  const writer = new Writer();
  writer.value(value, 0);
  return writer.text;
}

class Writer {
  text = '';
  readonly #above = new Set<object>();

  value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        return this.#say(quoted(value));
      case 'bigint':
        return this.#say(`${value.toString().slice(0, LONGEST_LINE)}n`);
      case 'function':
        return this.#say('(function)');
      case 'symbol':
        return this.#say('(symbol)');
      case 'object':
        return value === null ? this.#say('null') : this.#guarded(value, depth);
      default:
        return this.#say(Object.is(value, -0) ? '-0' : String(value));
    }
  }

  #guarded(value: object, depth: number): void {
    if (this.#above.has(value)) return this.#say('(the same as above: a cycle)');
    if (depth === DEEPEST) return this.#say(Array.isArray(value) ? '[…]' : '{…}');
    this.#above.add(value);
    try {
      this.#object(value, depth);
    } catch {
      this.#say('(throws when it is looked at)');
    } finally {
      this.#above.delete(value);
    }
  }

  #object(value: object, depth: number): void {
    if (ArrayBuffer.isView(value)) return this.#say(`(${value.byteLength} bytes)`);
    if (Array.isArray(value)) return this.#list(value, depth);
    const date = dated(value);
    if (date !== undefined) return this.#say(`(date) ${date}`);
    if (value instanceof Map) return this.#entries('Map', Map.prototype.entries.call(value), depth);
    if (value instanceof Set) return this.#entries('Set', Set.prototype.entries.call(value), depth);
    if (value instanceof Promise) return this.#say('(promise)');
    if (value instanceof Error) return this.#error(value);
    this.#record(value, depth);
  }

  #list(value: readonly unknown[], depth: number): void {
    if (value.length === 0) return this.#say('[]');
    this.#say('[');
    for (let index = 0; index < Math.min(value.length, MOST_ENTRIES); index++) {
      this.#line(depth + 1);
      this.#property(Object.getOwnPropertyDescriptor(value, index), depth + 1);
      if (this.#isFull()) return;
    }
    this.#rest(value.length - MOST_ENTRIES, depth + 1);
    this.#line(depth);
    this.#say(']');
  }

  #record(value: object, depth: number): void {
    const names = Object.keys(value);
    if (names.length === 0) return this.#say('{}');
    this.#say('{');
    for (const name of names.slice(0, MOST_ENTRIES)) {
      this.#line(depth + 1);
      this.#say(/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) && name.length < 100 ? `${name}: ` : `${quoted(name.slice(0, 100))}: `);
      this.#property(Object.getOwnPropertyDescriptor(value, name), depth + 1);
      if (this.#isFull()) return;
    }
    this.#rest(names.length - MOST_ENTRIES, depth + 1);
    this.#line(depth);
    this.#say('}');
  }

  #entries(kind: 'Map' | 'Set', entries: Iterable<readonly [unknown, unknown]>, depth: number): void {
    this.#say(`(${kind.toLowerCase()})`);
    let shown = 0;
    for (const [name, value] of entries) {
      this.#line(depth + 1);
      if (++shown > MOST_ENTRIES || this.#isFull()) return this.#say('… and more');
      this.value(name, depth + 1);
      if (kind === 'Set') continue;
      this.#say(' → ');
      this.value(value, depth + 1);
    }
  }

  #error(value: Error): void {
    const message: unknown = Object.getOwnPropertyDescriptor(value, 'message')?.value;
    this.#say(`(error) ${typeof message === 'string' ? quoted(message) : ''}`);
  }

  #property(descriptor: PropertyDescriptor | undefined, depth: number): void {
    if (descriptor === undefined) this.#say('(nothing)');
    else if ('value' in descriptor) this.value(descriptor.value, depth);
    else this.#say('(getter)');
  }

  #rest(count: number, depth: number): void {
    if (count <= 0) return;
    this.#line(depth);
    this.#say(`… ${count} more`);
  }

  #line(depth: number): void {
    this.#say(`\n${'  '.repeat(depth)}`);
  }

  #isFull(): boolean {
    return this.text.length >= LONGEST;
  }

  #say(text: string): void {
    if (this.#isFull()) return;
    this.text += text;
    if (this.#isFull()) this.text = `${this.text.slice(0, LONGEST)}\n… and more`;
  }
}

function quoted(text: string): string {
  const more = text.length - LONGEST_TEXT;
  return more <= 0
    ? JSON.stringify(text).replaceAll(HIDDEN, escaped)
    : `${JSON.stringify(text.slice(0, LONGEST_TEXT)).replaceAll(HIDDEN, escaped)}… ${more} more characters`;
}

/** When a date is; `undefined` for what is none, whatever it says of itself. */
function dated(value: object): string | undefined {
  try {
    const time = Date.prototype.getTime.call(value);
    return Number.isNaN(time) ? 'invalid' : new Date(time).toISOString();
  } catch {
    return undefined;
  }
}
