/**
 * Tables of options at the end of the guides, made of the docstrings: `node scripts/option-tables.ts --write` fills the places that a
 * page marks with `<!-- options: <Type> of <entry> -->`. Without `--write` it prints the pages whose tables are old, and fails.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { programOf } from './boundaries.ts';

const PLACE = /<!-- options: (\w+) of (\S+) -->\n[^]*?<!-- \/options -->/g;

/** Where an entry of a package begins: `@understudy/core/monitors`. */
function sourceOf(entry: string): string {
  const [, home = '', name = 'index'] = entry.split('/');
  return resolve(`packages/${home}/src/${name}.ts`);
}

/** A text for a cell: one line, without a bar that ends the cell. */
const cell = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim();

function tableOf(program: ts.Program, type: string, entry: string): string {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(sourceOf(entry));
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  const found = (module === undefined ? [] : checker.getExportsOfModule(module)).find(({ name }) => name === type);
  if (found === undefined) throw new Error(`${entry} exports no type ${type}.`);
  const declared = checker.getDeclaredTypeOfSymbol(
    (found.flags & ts.SymbolFlags.Alias) === 0 ? found : checker.getAliasedSymbol(found),
  );
  const rows = declared.getProperties().map((property) => {
    const text = ts.displayPartsToString(property.getDocumentationComment(checker)).replaceAll(/\{@link (\w+)\}/g, '`$1`');
    const cut = property.getJsDocTags(checker).find(({ name }) => name === 'understudy');
    if (cut !== undefined)
      throw new Error(`${type}.${property.name}: a docstring is cut off at @understudy; write \`@understudy/…\`.`);
    const tag = property.getJsDocTags(checker).find(({ name }) => name === 'defaultValue');
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const standard = tag === undefined ? (isOptional ? '' : 'required') : ts.displayPartsToString(tag.text);
    return `| \`${property.name}\` | ${cell(standard)} | ${cell(text)} |`;
  });
  return ['| option | default | what it is |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The page with its tables as the docstrings are now. */
function withTables(page: string, programFor: (entry: string) => ts.Program): string {
  return page.replaceAll(
    PLACE,
    (_, type: string, entry: string) =>
      `<!-- options: ${type} of ${entry} -->\n\n${tableOf(programFor(entry), type, entry)}\n\n<!-- /options -->`,
  );
}

/** Pages and their text that have other tables than the docstrings. */
export function oldTables(): readonly { readonly path: string; readonly now: string }[] {
  const programs = new Map<string, ts.Program>();
  return globSync('docs/guides/**/*.md').flatMap((path) => {
    const page = readFileSync(path, 'utf8');
    const now = withTables(page, (entry) => {
      const home = entry.split('/')[1] ?? '';
      const program = programs.get(home) ?? programOf(`packages/${home}/tsconfig.build.json`);
      programs.set(home, program);
      return program;
    });
    // The formatter aligns the columns.
    const plain = (text: string): string => text.replaceAll(/ +\|/g, ' |').replaceAll(/-+/g, '-');
    return plain(now) === plain(page) ? [] : [{ path, now }];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const old = oldTables();
  if (process.argv.includes('--write')) for (const { path, now } of old) writeFileSync(path, now);
  else process.exitCode = old.length === 0 ? 0 : 1;
  for (const { path } of old) console.log(path);
}
