import { atOnce } from '../time/index.ts';

/** Makes pseudonyms of names: `pseudonyms({ keys })` of `@understudy/node/privacy`. */
export interface Pseudonyms {
  /** What becomes one: `unit`, `tenant`, and fields that `redact` allows, such as `input.customer`. */
  readonly fields: readonly string[];
  /** The same for the same text, until its key changes. At most 200 characters. Must answer at once. */
  of(text: string): string;
}

const MAX_LENGTH = 200;

/**
 * What stands for a text, whoever makes it. Empty where nothing does: then the text must not be told either.
 *
 * @param failed told of what the user's function throws
 */
export function guardedPseudonym(pseudonyms: Pseudonyms, failed: (error: unknown) => void): (text: string) => string {
  return (text) => {
    try {
      const name: unknown = atOnce(pseudonyms.of(text));
      if (typeof name === 'string' && name !== '' && name.length <= MAX_LENGTH) return name;
      failed(new TypeError('pseudonyms.of() must answer a text of 1 to 200 characters.'));
    } catch (error) {
      failed(error);
    }
    return '';
  };
}
