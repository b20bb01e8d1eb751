/** Markup that may stand as it is: made by `html` alone, so that every text from outside has been escaped. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type Part = Html | string | number | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
// Control characters, and those that turn the direction of what follows: a name could make a line read otherwise than it is.
// oxlint-disable-next-line no-control-regex
const HIDDEN = /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069\u2028\u2029\uFFFE\uFFFF]/g;

/** A text for an element or a quoted attribute. */
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(HIDDEN, ' ')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

const markupOf = (part: Part): string => {
  if (part instanceof Html) return part.markup;
  return typeof part === 'object' ? part.map(markupOf).join('') : escaped(String(part));
};

/** The indentation of the source would be a third of the page. */
const unindented = (string: string): string => string.replaceAll(/\n\s+/g, '\n');

/** Markup with values in it: texts are escaped, markup and lists of it are not. Attributes must be quoted. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const [first = '', ...rest] = strings.map(unindented);
  return new Html(rest.reduce((before, string, index) => before + markupOf(parts[index] ?? '') + string, first));
}

export const NOTHING = html``;
