import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkOptions } from '../errors/index.ts';
import { CONNECTION, type Connection, isAddress, whereOf } from './connection.ts';

const pathsOf = (connection: Connection): string[] =>
  checkOptions<Connection, {}>(connection, CONNECTION, {}).problems.map(({ path }) => path);

describe('the options of a connection', () => {
  it('takes nothing at all, and what makes sense', () => {
    expect(pathsOf({})).toEqual([]);
    expect(pathsOf({ maxResponseBytes: 1, idempotencyHeader: 'idempotency-key' })).toEqual([]);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses a maxResponseBytes of %d', (maxResponseBytes) => {
    expect(pathsOf({ maxResponseBytes })).toEqual(['maxResponseBytes']);
  });

  it('refuses headers that no request can hold, and repeats none of them', () => {
    const headers = { authorization: 'Bearer hunter2\nx', 'x-ok': 'a', 'no name': 'hunter2', number: 5 as never };
    const { problems } = checkOptions<Connection, {}>({ headers }, CONNECTION, {});
    expect(problems.map(({ path }) => path)).toEqual(['headers.authorization', 'headers.no name', 'headers.number']);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
    expect(JSON.stringify(checkOptions<Connection, {}>({ headers: 'hunter2' as never }, CONNECTION, {}).problems)).toMatch(
      /^(?!.*hunter2).*headers by their names, got string/,
    );
    for (const fine of [{ a: 'b' }, new Headers({ a: 'b' }), () => ({ a: 'b\nc' })])
      expect(pathsOf({ headers: fine })).toEqual([]);
  });

  it('tells all that is wrong', () => {
    expect(pathsOf({ maxResponseBytes: 0, idempotencyHeader: '' })).toEqual(['idempotencyHeader', 'maxResponseBytes']);
  });
});

describe('isAddress', () => {
  it.each(['http://host', 'HTTPS://host:8080/path?query', '/predict', new URL('http://host/x')])('takes %s', (url) => {
    expect(isAddress(url)).toBe(true);
  });

  it.each(['', 'host/path', 'ftp://host', 'file:///etc/passwd', 'http://', 'https://host:port', undefined, null, 7])(
    'refuses %s',
    (url) => {
      expect(isAddress(url)).toBe(false);
    },
  );
});

describe('whereOf', () => {
  it.each([
    ['https://ana:secret@host:8080/v1/predict?key=secret#part', 'POST https://host:8080/v1/predict'],
    ['/predict?key=secret', 'POST /predict'],
    ['https://host/users/@ana', 'POST https://host/users/@ana'],
    ['https://ana:se@cret@host/x', 'POST https://host/x'],
    ['https://ana:se/cret@host/x', 'POST an address that cannot be read'],
  ])('%s is told as %s', (url, where) => {
    expect(whereOf({ method: 'POST', url })).toBe(where);
  });

  it('B2 tells the origin alone of an address that was made from the input', () => {
    expect(whereOf({ method: 'POST', url: 'https://host:81/patients/4711?k=1', private: true })).toBe('POST https://host:81');
    expect(whereOf({ method: 'POST', url: '/patients/4711', private: true })).toBe('POST the address');
  });

  it('takes a URL', () => {
    expect(whereOf({ method: 'GET', url: new URL('http://ana:secret@host/x?y=secret') })).toBe('GET http://host/x');
  });

  it('tells neither credentials nor a query, whatever they are (property)', () => {
    fc.assert(
      fc.property(fc.webUrl(), fc.stringMatching(/^[a-z0-9]{4,12}$/), (base, word) => {
        const url = new URL(base);
        url.username = `SECRET${word}`;
        url.password = `SECRET${word}`;
        url.search = `?key=SECRET${word}`;
        url.hash = `#SECRET${word}`;
        const where = whereOf({ method: 'GET', url });
        expect(where).not.toContain('SECRET');
        expect(where).toBe(`GET ${url.origin}${url.pathname}`);
      }),
    );
  });
});
