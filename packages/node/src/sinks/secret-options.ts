import { type Kind, redactUrl, type UrlView } from '@understudy/core/authoring';

/** A kind of option whose value is not repeated: it is a secret, or may hold one. */
export const secretKind =
  (fits: (value: unknown) => boolean, expected: (value: unknown) => string): Kind =>
  (value) =>
    fits(value) ? undefined : [{ path: '', message: expected(value) }];

/** A kind by what it demands. Of a value that does not fit only the type is said. */
export const unsaid = (fits: (value: unknown) => boolean, expected: string): Kind =>
  secretKind(fits, (value) => `expected ${expected}, got ${typeNameOf(value)}`);

function typeNameOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? `a text of ${value.length} characters` : `a value of the type ${typeof value}`;
}

const isWeb = (value: unknown): boolean => {
  const given = value instanceof URL ? value.href : value;
  return typeof given === 'string' && URL.canParse(given) && /^https?:$/.test(new URL(given).protocol);
};

/** An `https:` or `http:` address. @param told how much of a wrong one is said */
export const webAddress = (told: keyof UrlView): Kind =>
  secretKind(isWeb, (value) => `expected an https: or http: address, got ${redactUrl(value)[told]}`);
