import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { ERROR_CODES } from '../../packages/core/src/errors/index.ts';
import { anchorsOf, pages, relativeLinksOf } from './markdown.ts';

const all = pages();

it('relative links and their anchors lead somewhere', () => {
  const broken = all.flatMap((page) =>
    relativeLinksOf(page).flatMap((link) => {
      const [file = '', anchor] = link.split('#');
      const path = file === '' ? page.path : join(dirname(page.path), decodeURI(file));
      const target = all.find((other) => other.path === path);
      const found = target === undefined || anchor === undefined ? existsSync(path) : anchorsOf(target).has(anchor);
      return found ? [] : [`${page.path}: ${link}`];
    }),
  );
  expect(broken).toEqual([]);
});

it('every error code has its page, and every page a code', () => {
  const found = all.flatMap(({ path }) => /^docs\/errors\/([A-Z_]+)\.md$/.exec(path)?.[1] ?? []);
  expect(found).toEqual([...ERROR_CODES].sort());
});

it('files of core that ARCHITECTURE.md names exist', () => {
  const text = all.find(({ path }) => path === 'ARCHITECTURE.md')?.text ?? '';
  const named = [...text.matchAll(/`([a-z]+\/[a-z-]+\.ts)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => !path.startsWith('scripts/'));
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((path) => !existsSync(join('packages/core/src', path)))).toEqual([]);
});
