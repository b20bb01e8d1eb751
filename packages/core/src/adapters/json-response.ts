import { UnderstudyError } from '../errors/index.ts';

/** Where a JSON text came from, for the error that says what is wrong with it. */
export interface JsonSource {
  /** Method and address without its query: `POST https://host/path`. */
  readonly where: string;
  readonly contentType: string | null;
  /** The user's name for a place in the document. @defaultValue the path, as in `outputs[0].data[3]` */
  readonly name?: (document: unknown, path: readonly (string | number)[]) => string;
}

/** Characters of a body that go into `details.body`. They stay out of messages: a server may echo the input in its answer. */
export const EXCERPT_CHARACTERS = 500;

/** Characters of an answer in which the place of what is no JSON is looked for. */
const LONGEST_SEARCHED = 1_000_000;
const MARK = '\u0000bare ';
/** What matters to tell a bare number from the same letters inside a string. No pattern for whole strings: those can be megabytes. */
const ESCAPE_QUOTE_OR_BARE = /\\[^]|"|-?\b(?:NaN|Infinity)\b/g;

/**
 * `JSON.parse` for the body of a response.
 *
 * @throws UnderstudyError `RESPONSE_INVALID` that says what came instead. Python and TF Serving write bare `NaN` and
 * `Infinity`, which no JSON parser takes: then the error names the field.
 */
export function parseJson(text: string, source: JsonSource, reviver?: (key: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch (cause) {
    // The search takes its time: an answer of megabytes that is no JSON must not hold the process.
    const bare = text.length <= LONGEST_SEARCHED ? findBare(text) : undefined;
    if (bare !== undefined) {
      const place = source.name?.(bare.document, bare.path) ?? dotted(bare.path);
      throw new UnderstudyError(
        'RESPONSE_INVALID',
        `${source.where} answered ${bare.literal} at ${place}, which is not JSON; make the model return a finite number there.`,
        { cause, details: { path: dotted(bare.path) } },
      );
    }
    const received = text === '' ? 'an empty body' : `${source.contentType ?? 'no content type'}, ${text.length} characters`;
    throw new UnderstudyError(
      'RESPONSE_INVALID',
      `${source.where} answered ${received}, where JSON was expected. Is the address right?`,
      { cause, details: { contentType: source.contentType, body: text.slice(0, EXCERPT_CHARACTERS) } },
    );
  }
}

interface Bare {
  readonly document: unknown;
  readonly path: readonly (string | number)[];
  readonly literal: string;
}

/** The first bare `NaN` or `Infinity`: each becomes a marked string, and then the text is JSON that can be searched. */
function findBare(text: string): Bare | undefined {
  let inString = false;
  const marked = text.replace(ESCAPE_QUOTE_OR_BARE, (token) => {
    if (token === '"') inString = !inString;
    return inString || token === '"' || token.startsWith('\\') ? token : JSON.stringify(MARK + token);
  });
  try {
    const document: unknown = JSON.parse(marked);
    return search(document, document, []);
  } catch {
    return undefined; // Not JSON for another reason.
  }
}

function search(document: unknown, value: unknown, path: Bare['path']): Bare | undefined {
  if (typeof value === 'string' && value.startsWith(MARK)) return { document, path, literal: value.slice(MARK.length) };
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const bare = search(document, child, [...path, Array.isArray(value) ? Number(key) : key]);
    if (bare !== undefined) return bare;
  }
  return undefined;
}

function dotted(path: readonly (string | number)[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}

/** A JSON object's fields; none for any other value. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** A field that is a text with something in it, such as the model or the id of an answer. */
export function textIn(record: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const text = record[field];
  return typeof text === 'string' && text !== '' ? text : undefined;
}
