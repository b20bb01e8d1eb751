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
    // Of schemes without an authority (`data:`, `blob:`) all is content.
    if (parsed.host === '') return { origin: parsed.protocol, address: parsed.protocol };
    const origin = `${parsed.protocol}//${parsed.host}`;
    return { origin, address: origin + parsed.pathname };
  } catch {
    return UNKNOWN;
  }
}

/** Anything in a text that a client could take for an address: up to the next space, quote or bracket. */
const URLS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>`]+/gi;
/** `user:password@host`, as messages of drivers have it without a scheme. */
const USERINFO = /[^\s"'<>`/@]+:[^\s"'<>`/@]+@(?=[\w.[-]+)/g;
/** What follows an address in a sentence. */
const PUNCTUATION = /[.,:;!?)\]}]+$/;

/** The same text, without the userinfo, the query and the fragment of any address in it. */
export function redactUrls(text: string): string {
  return text
    .replace(URLS, (found) => {
      const end = PUNCTUATION.exec(found)?.[0] ?? '';
      return redactUrl(found.slice(0, found.length - end.length)).address + end;
    })
    .replace(USERINFO, '');
}

/** What was thrown, in words of bounded length without secrets of an address: for status, logs and events. Never throws. */
export function safeErrorText(error: unknown, longest = 500): string {
  // Cut afterwards: half of an address shows what the whole would not.
  return bounded(redactUrls(errorText(error, 20 * longest)), longest);
}
