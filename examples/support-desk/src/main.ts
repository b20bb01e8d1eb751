/** The example: `node --conditions=@understudy/source src/main.ts [--seed 2]`. */
import { parseArgs } from 'node:util';
import { runExample } from './run-example.ts';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '2' } } });
await runExample(Number(values.seed), process.stdout);
