import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { pages, type Snippet, snippetsOf } from './markdown.ts';

/*
 * A block fenced with ```ts is a module: it is compiled and run. What may follow `ts`:
 *   continues          the code of the block before, on the same page, comes first
 *   types-only         compiled, not run: it needs a server, a browser or time
 *   no-check <reason>  neither
 */
const folder = resolve('.verify/snippets');
const node = resolve('node_modules/.bin/node');

interface Module {
  readonly name: string;
  readonly file: string;
  readonly runs: boolean;
}

/** Line of the module → line of the page, so that an error points at what the author wrote. */
const origins = new Map<string, string[]>();

function write(snippets: readonly Snippet[]): Module[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let before: { page: string; code: string; origin: string[] } = { page: '', code: '', origin: [] };
  return snippets.map(({ name, page, code, mark, firstLine }) => {
    const own = code
      .split('\n')
      .slice(0, -1)
      .map((_, index) => `${page}:${firstLine + index}`);
    const continues = mark.split(' ').includes('continues') && before.page === page;
    before = { page, code: (continues ? before.code : '') + code, origin: [...(continues ? before.origin : []), ...own] };
    const file = `${folder}/${name.replaceAll(/[^\w.-]+/g, '-')}.ts`;
    writeFileSync(file, `${before.code}\nexport {};\n`);
    origins.set(file, before.origin);
    return { name, file, runs: !mark.split(' ').includes('types-only') };
  });
}

function compile(modules: readonly Module[]): Map<string, string[]> {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const parsed = ts.getParsedCommandLineOfConfigFile(
    resolve('tsconfig.json'),
    { noUnusedLocals: false, noUnusedParameters: false },
    host,
  );
  const program = ts.createProgram(
    modules.map((module) => module.file),
    parsed?.options ?? {},
  );
  return new Map(
    modules.map(({ file }) => {
      const source = program.getSourceFile(file);
      const problems = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [file, problems.map((problem) => describeProblem(file, source, problem))];
    }),
  );
}

function describeProblem(file: string, source: ts.SourceFile | undefined, problem: ts.Diagnostic): string {
  const line = source?.getLineAndCharacterOfPosition(problem.start ?? 0).line ?? 0;
  return `${origins.get(file)?.[line] ?? file}: ${ts.flattenDiagnosticMessageText(problem.messageText, '\n')}`;
}

/** What went wrong; empty if nothing did. */
function run(file: string): Promise<string> {
  return new Promise((settle) => {
    const flags = ['--conditions=@understudy/source', '--enable-source-maps', '--no-warnings'];
    execFile(node, [...flags, file], { timeout: 240_000 }, (error, _stdout, stderr) => {
      settle(error === null ? '' : stderr || error.message);
    });
  });
}

const all = pages().flatMap(snippetsOf);
const checked = all.filter((snippet) => !snippet.mark.startsWith('no-check'));

it('every mark is one that the tests know, and an unchecked block says why', () => {
  const known = /^$|^continues$|^types-only$|^continues types-only$|^no-check \S.*$/;
  expect(all.filter((snippet) => !known.test(snippet.mark)).map(({ name, mark }) => `${name} ${mark}`)).toEqual([]);
});

describe('snippets', () => {
  const modules = write(checked);
  const problems = compile(modules);

  it.concurrent.each(modules.map((module) => [module.name, module] as const))('%s', async (_name, { file, runs }) => {
    expect(problems.get(file)).toEqual([]);
    expect(runs ? await run(file) : '').toBe('');
  });
});
