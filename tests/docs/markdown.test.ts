import { expect, it } from 'vitest';
import { anchorsOf, relativeLinksOf, snippetsOf } from './markdown.ts';

const fence = '```';
const text = `# Title

## Call \`predict()\`, then wait!
## Twice
## Twice

${fence}ts
const a = 1; // [no](link.md)
${fence}

${fence}ts types-only
const b = 2;
${fence}

${fence}json
{}
${fence}

[one](../a.md#twice) ![two](b.png "title") [three](https://example.com) \`[four](four.md)\` [five](#title)
`;
const page = { path: 'docs/page.md', text };

it('reads the ts blocks of a page with their place and mark', () => {
  expect(snippetsOf(page)).toEqual([
    { name: 'docs/page.md:7', page: 'docs/page.md', firstLine: 8, code: 'const a = 1; // [no](link.md)\n', mark: '' },
    { name: 'docs/page.md:11', page: 'docs/page.md', firstLine: 12, code: 'const b = 2;\n', mark: 'types-only' },
  ]);
});

it('makes anchors as GitHub does', () => {
  expect([...anchorsOf(page)]).toEqual(['title', 'call-predict-then-wait', 'twice', 'twice-1']);
});

it('finds relative links outside of code', () => {
  expect(relativeLinksOf(page)).toEqual(['../a.md#twice', 'b.png', '#title']);
});
