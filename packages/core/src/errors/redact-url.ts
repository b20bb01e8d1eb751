import { errorText } from './error-text.ts';
import { bounded } from './told.ts';

/** What may be said of an address. */
export interface UrlView {
  /** `https://host:port`. */
  readonly origin: string;
  /** Origin and path. Userinfo, query and fragment may hold secrets, and are never said. */
  readonly address: string;
}

const UNKNOWN: UrlView = { origin: 'an address that cannot be read', address: 'an address that cannot be read' };

/** Reads an address as a client would (WHATWG), and leaves out whatever may be secret: `https://a@b@host/x?k=1` is `https://host/x`. */
export function redactUrl(url: unknown, base?: string): UrlView {
  try {
    const parsed = new URL(String(url), base);
    // All is content in schemes without an authority (`data:`, `blob:`).
    if (parsed.host === '') return { origin: parsed.protocol, address: parsed.protocol };
    const origin = `${parsed.protocol}//${parsed.host}`;
    return { origin, address: origin + parsed.pathname };
  } catch {
    return UNKNOWN;
  }
}

/**
 * What in a text may hold secrets of an address: an address up to the next space or bracket, whatever quotes it holds; one without
 * an authority; `user:password@host`, as messages of drivers have it without a scheme; and a path with a query. Each begins where
 * a word does, so that a long text takes no time. A literal, since bundlers leave out what nobody reads.
 */
const SECRETS =
  /(?<url>(?<![a-z\d+.-])[a-z][a-z\d+.-]*:\/\/[^\s<>`]+)|(?<opaque>(?<![a-z\d+.-])(?:data|blob):)[^\s"'<>`]+|(?<![^\s"'<>`/@:])[^\s"'<>`/@:]*:(?!\/\/)[^\s"'<>`]{1,500}@(?=[\w[])|(?<path>(?<![\w.~%/-])[\w.~%/-]+)\?[^\s"'<>`=]{0,200}=[^\s<>`]*/gi;
/** What follows an address in a sentence. */
const PUNCTUATION = /[.,:;!?)\]}"']+$/;

/** The same text, without the userinfo, the query and the fragment of any address in it. An address ends at a space. */
export function redactUrls(text: string): string {
  return text.replace(SECRETS, (...rest: unknown[]) => {
    const { url, opaque, path } = rest.at(-1) as Readonly<Record<string, string | undefined>>;
    if (url === undefined) return opaque ?? path ?? '';
    // An address in quotes ends with them.
    const before = text[(rest.at(-3) as number) - 1] ?? '';
    const quoted = before === '"' || before === "'" ? url.indexOf(before) : -1;
    if (quoted >= 0) return redactUrl(url.slice(0, quoted)).address + redactUrls(url.slice(quoted));
    const after = PUNCTUATION.exec(url)?.[0] ?? '';
    // A quote at the end belongs to the query, unless the address is all that it ends.
    return redactUrl(url.slice(0, url.length - after.length)).address + after.replaceAll(/["']/g, '');
  });
}

/** What was thrown, in words of bounded length without secrets of an address: for status, logs and events. Never throws. */
export function safeErrorText(error: unknown, longest = 500): string {
  // Cut afterwards: half of an address shows what the whole would not.
  return bounded(redactUrls(errorText(error, 20 * longest)), longest);
}
