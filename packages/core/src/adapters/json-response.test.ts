import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import { parseJson } from './json-response.ts';

const source = { where: 'POST https://host/predict', contentType: 'application/json' };

function thrownBy(text: string, more: Partial<Parameters<typeof parseJson>[1]> = {}): UnderstudyError {
  try {
    parseJson(text, { ...source, ...more });
  } catch (error) {
    if (UnderstudyError.is(error)) return error;
  }
  throw new Error('expected an UnderstudyError');
}

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(text, source)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['{"predictions":[[0.1,NaN]]}', 'NaN', 'predictions[0][1]'],
    ['{"outputs":{"score":-Infinity}}', '-Infinity', 'outputs.score'],
    ['[1, Infinity]', 'Infinity', '[1]'],
    [String.raw`{"said":"NaN \" Infinity","a":{"b":[{"c":NaN}]}}`, 'NaN', 'a.b[0].c'],
  ])('names the field of a bare %s', (text, literal, path) => {
    const error = thrownBy(text);
    expect(error.code).toBe('RESPONSE_INVALID');
    expect(error.message).toContain(`POST https://host/predict answered ${literal} at ${path},`);
    expect(error.details).toEqual({ path });
  });

  it('finds the bare number wherever it stands (property)', () => {
    const place = fc.array(fc.oneof(fc.nat(3), fc.stringMatching(/^[a-z]{1,5}$/)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(place, fc.constantFrom('NaN', 'Infinity', '-Infinity'), (path, literal) => {
        const text = path.reduceRight<string>(
          (inner, part) => (typeof part === 'number' ? `[${'0,'.repeat(part)}${inner}]` : `{"before":"NaN","${part}":${inner}}`),
          literal,
        );
        const names: unknown[] = [];
        thrownBy(text, { name: (_document, found) => String(names.push(found)) });
        expect(names).toEqual([path]);
      }),
    );
  });

  it('says what came instead of JSON, and keeps the body out of the message', () => {
    const error = thrownBy(`<html>secret${' '.repeat(1000)}</html>`, { contentType: 'text/html; charset=utf-8' });
    expect(error.message).toContain('answered text/html; charset=utf-8, 1019 characters, where JSON was expected');
    expect(error.message).not.toContain('secret');
    expect(error.details['body']).toMatch(/^<html>secret {488}$/);
    expect(error.cause).toBeInstanceOf(SyntaxError);
    expect(thrownBy('', { contentType: null }).message).toContain('answered an empty body');
  });

  it('survives a large text that is not JSON', () => {
    const error = thrownBy(`{"data":"${String.raw`a\"`.repeat(2_000_000)}`);
    expect(error.message).toContain('where JSON was expected');
  });
});
