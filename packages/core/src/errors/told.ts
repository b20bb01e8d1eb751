const LONGEST = 60;
/** No more of a text is looked at. */
const SEEN = 1000;
/** The name and the password of an address, and its query. */
const SECRETS = /(?<=:\/\/)[^/\s]*(?=@)|(?<=:\/\/[^]*\?)[^]+/g;

/** Shortens `text` to at most `longest` characters, and says that something is missing. */
export function bounded(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

/**
 * A value as messages show it: short, on one line, and never by code of the value's own (`toString`, `toJSON`, getters), so
 * that it can be asked of anything.
 */
export function told(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return bounded(JSON.stringify(value.slice(0, SEEN).replace(SECRETS, '…')), LONGEST);
    case 'object':
      return value === null ? 'null' : toldObject(value);
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'bigint':
      return bounded(`${value}n`, LONGEST);
    default:
      return Object.is(value, -0) ? '-0' : String(value);
  }
}

function toldObject(value: object): string {
  try {
    if (!Array.isArray(value)) return 'an object';
    const isShort = value.length < 8 && value.every((item) => Object(item) !== item);
    return isShort ? bounded(`[${value.map((item) => told(item)).join(', ')}]`, LONGEST) : `a list of ${value.length}`;
  } catch {
    // A proxy that was revoked, or whose traps throw.
    return 'an object';
  }
}
