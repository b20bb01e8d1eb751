import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const AXE = readFileSync(resolve('packages/node/node_modules/axe-core/axe.min.js'), 'utf8');

/** What axe-core finds in a page, of all its rules, inside of shadow roots too: a line for each rule. */
export async function axeViolations(page: { evaluate(script: string): Promise<unknown> }): Promise<readonly string[]> {
  // A debugger's evaluation is not the page's: a Content Security Policy says nothing of it.
  const found = await page.evaluate(
    `(async () => { if (window.axe === undefined) { ${AXE} }
      const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
      return violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join(' | ')); })()`,
  );
  return found as readonly string[];
}
