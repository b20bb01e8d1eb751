/**
 * Marks calls that make kinds of options as pure, as the packages are built: esbuild leaves out what it knows to be free of effects,
 * and knows that of a function's calls in its own file only. Else a bundle of one policy would hold the options of all of them.
 */
import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';
import ts from 'typescript';

const MARKED = /export const (\w+) =\s*\/\* @__NO_SIDE_EFFECTS__ \*\//g;

/** The functions that a source file marks as free of effects. */
export const markedIn = (source: string): string[] => [...source.matchAll(MARKED)].map(([, name = '']) => name);

/** The source, with `@__PURE__` before each call of one of `names` that it imports, and whose result it uses. */
export function withPureCalls(source: string, names: ReadonlySet<string>): string {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.ESNext, true);
  const imported = new Set<string>();
  const places: number[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportSpecifier(node) && names.has(node.name.text) && isFromKinds(node)) imported.add(node.name.text);
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && imported.has(node.expression.text))
      if (!ts.isExpressionStatement(node.parent)) places.push(node.getStart());
    ts.forEachChild(node, visit);
  };
  visit(file);
  return places.toSorted((a, b) => b - a).reduce((text, at) => `${text.slice(0, at)}/* @__PURE__ */ ${text.slice(at)}`, source);
}

/** Functions of the same name come from elsewhere too. */
function isFromKinds(specifier: ts.ImportSpecifier): boolean {
  const from = specifier.parent.parent.parent.moduleSpecifier;
  return ts.isStringLiteral(from) && /errors\/index\.ts$|\/kinds\.ts$|\/read-options\.ts$|core\/options$/.test(from.text);
}

/** @param files whose marked functions are meant */
export function pureKinds(files: readonly string[]): Plugin {
  const names = new Set(files.flatMap((file) => markedIn(readFileSync(file, 'utf8'))));
  const isCalled = new RegExp(`\\b(?:${[...names].join('|')})\\(`);
  return {
    name: 'pure-kinds',
    setup(build) {
      build.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        return isCalled.test(source) ? { contents: withPureCalls(source, names), loader: 'ts' } : undefined;
      });
    },
  };
}
