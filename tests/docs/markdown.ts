import { globSync, readFileSync } from 'node:fs';

export interface Page {
  readonly path: string;
  readonly text: string;
}

export interface Snippet {
  /** `docs/guide.md:12`, the line of the opening fence. */
  readonly name: string;
  readonly page: string;
  /** Line of the page, from 1, that the first line of {@link code} stands on. */
  readonly firstLine: number;
  readonly code: string;
  /** What follows `ts` on the fence. */
  readonly mark: string;
}

/** Every page of the project that a person reads. */
export function pages(): Page[] {
  const patterns = ['*.md', 'docs/**/*.md', 'packages/*/README.md', 'examples/*/README.md', 'bench/*.md'];
  const paths = globSync(patterns, { exclude: ['docs/api', '**/node_modules'] });
  return paths.sort().map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

export function snippetsOf({ path, text }: Page): Snippet[] {
  return [...text.matchAll(/^```ts\b([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length;
    const [, mark = '', code = ''] = match;
    return { name: `${path}:${line}`, page: path, firstLine: line + 1, code, mark: mark.trim() };
  });
}

/** Anchors as GitHub makes them from headings. */
export function anchorsOf({ text }: Page): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutCode(text).matchAll(/^#{1,6}\s+(.*)$/gm)) {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Targets of links and images that point into the repository. */
export function relativeLinksOf({ text }: Page): string[] {
  return [
    ...withoutCode(text)
      .replaceAll(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)[^)]*\)/g),
  ]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '');
