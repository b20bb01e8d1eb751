const LONGEST = 60;

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
      return bounded(JSON.stringify(value.includes('://') ? withoutSecrets(value) : value), LONGEST);
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

/** An address without its name, its password and its query. */
const withoutSecrets = (address: string): string => address.replace(/\/\/[^/\s]*@/g, '//…@').replace(/\?[^]*/, '?…');

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
