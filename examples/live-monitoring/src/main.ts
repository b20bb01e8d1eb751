/** The example: `node --conditions=@understudy/source src/main.ts [--seed 1] [--report report.html]`. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { count } from '../../biopsy-triage/src/numbers.ts';
import { runExample } from './run-example.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    report: { type: 'string', default: fileURLToPath(new URL('../report.html', import.meta.url)) },
  },
});

const began = performance.now();
const { calls, callerErrors, status } = await runExample({
  seed: Number(values.seed),
  report: values.report,
  print: (line) => console.log(line),
});
const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(`\n${count(calls)} calls of a day in ${seconds} s; ${callerErrors} ended with an error for the caller.`);
const sampled = status.monitors?.outcomes.byTier['sampled'];
console.log(
  `While it was paused the model was asked beside ${count(sampled?.decisions ?? 0)} calls; its answers were scored, not given.`,
);
console.log(`The report: ${pathToFileURL(values.report).href}, and as JSON beside it`);
