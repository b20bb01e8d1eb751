/** The demo: `node src/main.ts [--fast] [--report file.html]`. Without `--report` it writes demo-report.html beside package.json. */
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { finalTable } from './final-table.ts';
import { findings } from './findings.ts';
import { liveView } from './live-view.ts';
import { FAST, FULL } from './phases.ts';
import { paint } from './paint.ts';
import { plainView } from './plain-view.ts';
import { reportOf } from './report.ts';
import { runDemo } from './run-demo.ts';

const { values } = parseArgs({
  options: {
    fast: { type: 'boolean', default: false },
    report: { type: 'string', default: fileURLToPath(new URL('../demo-report.html', import.meta.url)) },
  },
});
const schedule = values.fast ? FAST : FULL;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.exitCode = 128 + constants.signals[signal];
    stop.abort();
  });
}

try {
  const run = await runDemo({
    schedule,
    signal: stop.signal,
    view: (recording, server) => {
      console.log(`\n  ${paint('bold', 'Understudy')} triages 228 biopsies in a loop while its model server fails.`);
      console.log(`  ${schedule.callsPerSecond} calls a second, each also as a bare fetch.`);
      console.log(paint('dim', `  Server: ${server.url}, process ${server.pid}\n`));
      return process.stdout.isTTY ? liveView(schedule, recording) : plainView();
    },
  });
  writeFileSync(values.report, reportOf(run));
  console.log(`\n${finalTable(run.summary)}\n`);
  for (const finding of findings(run.summary)) console.log(`  · ${finding}`);
  console.log(`\n  The report: ${pathToFileURL(values.report).href}`);
} catch (error) {
  if (!stop.signal.aborted) throw error;
  console.log('\n  Stopped.');
}
