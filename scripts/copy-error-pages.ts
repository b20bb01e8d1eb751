/** Runs in packages/core: the page of each error code ships with the package, where `error.help` points. */
import { cpSync, globSync, rmSync } from 'node:fs';

rmSync('docs', { recursive: true, force: true });
for (const page of globSync('docs/errors/*.md', { cwd: '../..' })) cpSync(`../../${page}`, page);
