import fc from 'fast-check';
import { expect, it } from 'vitest';
import { redactUrl, redactUrls, safeErrorText } from './redact-url.ts';

it.each([
  ['https://host/path', 'https://host', 'https://host/path'],
  ['https://user:secret@host/path?token=secret#secret', 'https://host', 'https://host/path'],
  ['https://a:secret@b:secret@host:8443/x', 'https://host:8443', 'https://host:8443/x'],
  ['https://secret%40x@host/', 'https://host', 'https://host/'],
  ['HTTPS:\\\\secret@host\\x?secret', 'https://host', 'https://host/x'],
  ['  https://se\ncret@host/x', 'https://host', 'https://host/x'],
  ['redis://:secret@127.0.0.1:6379/0', 'redis://127.0.0.1:6379', 'redis://127.0.0.1:6379/0'],
  ['https://[::1]:8080/x?secret', 'https://[::1]:8080', 'https://[::1]:8080/x'],
  ['data:text/plain,secret', 'data:', 'data:'],
  ['blob:https://host/secret', 'blob:', 'blob:'],
  ['file:///etc/secret', 'file:', 'file:'],
])('F5 of %j only the origin and the path are said', (url, origin, address) => {
  expect(redactUrl(url)).toEqual({ origin, address });
  expect(redactUrl(URL.canParse(url) ? new URL(url) : url)).toEqual({ origin, address });
});

it.each([
  ['not an address'],
  [''],
  [undefined],
  [Symbol('x')],
  [Object.create(null)],
  ['https://user:secret@'],
  ['//secret@host'],
])('F5 %o, which is no address, is not repeated', (url) => {
  expect(redactUrl(url).address).toBe('an address that cannot be read');
});

it('F5 a relative address is that of its base', () => {
  expect(redactUrl('/events?secret', 'https://u:p@host/a')).toEqual({ origin: 'https://host', address: 'https://host/events' });
});

it.each([
  ['POST https://u:secret@host/x?token=secret failed.', 'POST https://host/x failed.'],
  ['see "https://host/x?secret", then (redis://:secret@db:1/0)', 'see "https://host/x", then (redis://db:1/0)'],
  ['https://a:secret@b@host/x?secret: 503', 'https://host/x: 503'],
  ['could not reach admin:secret@db.internal:5432', 'could not reach db.internal:5432'],
  [`fetch https://user:pa'secret@host/x?q='secret' failed`, 'fetch https://host/x failed'],
  ['https://h/x?a="secret"', 'https://h/x'],
  [`fetch('https://h/x?secret') failed`, `fetch('https://h/x') failed`],
  [`{"url":"https://h/x?secret","other":"redis://:secret@db"}`, `{"url":"https://h/x","other":"redis://db"}`],
  ['u:se@cret@h:5432', 'h:5432'],
  ['auth :secret@h:6379', 'auth h:6379'],
  ['GET /predict?token=secret failed', 'GET /predict failed'],
  ['read data:text/plain;secret', 'read data:'],
  ['GET host/predict?token=secret failed', 'GET host/predict failed'],
  ['_https://h/x?k=secret', '_https://h/x'],
  ['x=https://u:secret@h/p?k=secret', 'x=https://h/p'],
  ['https://host:80/@user/a', 'https://host:80/@user/a'],
  ['and/or? yes', 'and/or? yes'],
  ['WRONGPASS invalid username-password pair', 'WRONGPASS invalid username-password pair'],
  ['at 12:30 a@b.c wrote: no', 'at 12:30 a@b.c wrote: no'],
])('F5 of the text %j no secret of an address is left', (text, redacted) => {
  expect(redactUrls(text)).toBe(redacted);
});

it.each(['/', 'a', ':', '?', '@', 'a:', 'a?', '/?', 'a://', '"', 'data:'])(
  'F5 a long text of %j takes no time that grows with its square',
  (part) => {
    const begun = performance.now();
    redactUrls(part.repeat(320_000 / part.length));
    // Half a second at most; minutes where it grows with the square.
    expect(performance.now() - begun).toBeLessThan(60_000);
  },
);

it('F5 property: no password and no query of an address survives, wherever it stands', () => {
  const word = fc.stringMatching(/^[a-z0-9]{1,12}$/);
  fc.assert(
    fc.property(
      word,
      word,
      word,
      fc.constantFrom(' ', '"', '(', "'", ': '),
      fc.constantFrom('', '.', ',', ')', '"'),
      (user, host, path, before, after) => {
        const text = `x${before}https://${user}:S3CRET@${host}.test/${path}?k=S3CRET&x=%20S3CRET#S3CRET${after} y`;
        const redacted = redactUrls(text);
        expect(redacted).not.toContain('S3CRET');
        expect(redacted).toContain(`${host}.test/${path}`);
      },
    ),
    { seed: 9 },
  );
});

it('F5 what was thrown is told without secrets, in a bounded text, whatever it is', () => {
  expect(safeErrorText(new Error('https://u:secret@host/x?secret was refused'))).toBe('https://host/x was refused');
  expect(safeErrorText('x'.repeat(10_000)).length).toBeLessThanOrEqual(500);
  const cut = safeErrorText(`${'x'.repeat(480)} https://SECRET-${'S'.repeat(80)}@host/x`);
  expect([cut.length <= 500, cut.includes('SECRET')]).toEqual([true, false]);
  for (const odd of [undefined, null, Symbol('x'), Object.create(null), () => 0, 7n])
    expect(safeErrorText(odd)).toBeTypeOf('string');
});
