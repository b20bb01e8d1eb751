import { isRecord, type Kind } from './kinds.ts';

const isHeader = (name: string, value: unknown): boolean => {
  try {
    return typeof value === 'string' && new Headers([[name, value]]).has(name);
  } catch {
    return false;
  }
};

const EXPECTED = 'expected a name and a text that a header can hold: ASCII or Latin-1, in one line';

/** Headers by their names. What does not fit is not repeated: values of headers are often secrets. */
export const headerFields: Kind = (value) => {
  if (!isRecord(value))
    return [{ path: '', message: `expected headers by their names, got ${value === null ? 'null' : typeof value}` }];
  return Object.entries(value).flatMap(([name, field]) => (isHeader(name, field) ? [] : [{ path: name, message: EXPECTED }]));
};
