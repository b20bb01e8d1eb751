import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html, Html, NOTHING } from './html.ts';

/** The same under a name by which no formatter knows it. */
const made = html;
const markup = (text: string): string => html`<p title="${text}">${text}</p>`.markup;

describe('a text from outside', () => {
  it('is escaped, in an element and in an attribute', () => {
    const escaped = '&lt;b class=&quot;x&quot;&gt;it&#39;s &amp;amp;&lt;/b&gt;';
    expect(markup(`<b class="x">it's &amp;</b>`)).toBe(`<p title="${escaped}">${escaped}</p>`);
  });

  it('cannot end its place, whatever it holds (property)', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', '/', 'a', '\u0000', '\uD800', '\u202E') }),
        (text) => {
          const [, attribute = '', element = ''] = /^<p title="([^"]*)">([^<]*)<\/p>$/.exec(markup(text)) ?? [];
          expect(attribute).toBe(element);
          const back = element
            .replaceAll('&lt;', '<')
            .replaceAll('&gt;', '>')
            .replaceAll('&quot;', '"')
            .replaceAll('&#39;', "'")
            .replaceAll('&amp;', '&');
          expect(back).toBe(
            text
              .toWellFormed()
              .replaceAll(/[\u202E]/g, ' ')
              .replaceAll('\u0000', ' '),
          );
        },
      ),
    );
  });

  it.each(['\u0000', '\u001F', '\n', '\u007F', '\u009F', '\u200E', '\u202E', '\u2066', '\u2028', '\uFFFF'])(
    'has a blank for %j, which could make it read otherwise',
    (hidden) => {
      expect(html`<b>${`a${hidden}b`}</b>`.markup).toBe('<b>a b</b>');
    },
  );

  it('with half of a character is mended', () => {
    expect(html`<b>${'a\uD83D'}</b>`.markup).toBe('<b>a\uFFFD</b>');
  });
});

it('markup, numbers and lists of them stand as they are', () => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
  const { markup } = made`<ul>${items}${NOTHING}</ul>${[[1.5], [html`<hr />`]]}`;
  expect(markup).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>1.5<hr />');
});

it('what only looks like markup is a text', () => {
  expect(html`${'<hr />'}`.markup).toBe('&lt;hr /&gt;');
  expect(html`${new Html('<hr />')}`.markup).toBe('<hr />');
});

it('the indentation of the source goes, that of a text from outside stays', () => {
  expect(made`<p>\n      ${'a    b'}\n   </p>`.markup).toBe('<p>\na    b\n</p>');
});
