import { parseArgs } from 'node:util';
import { parseEvent } from '@understudy/core/events';
import { UnderstudyError } from '@understudy/core';
import { renderReportData, reportBuilder, type ReportBuilder } from '@understudy/core/report';
import { didYouMean } from '@understudy/core/authoring';
import { type Command, UsageError } from './command.ts';
import { progressBar } from './progress-bar.ts';
import { readLines } from './read-lines.ts';
import { readStatus } from './read-status.ts';
import { writeText } from '../text-file.ts';

const HELP = `Usage: understudy report [events] [--status FILE] [options]

Makes a report of events, of a status, or of both: who served what, monitors, rollout, outcomes, and who changed what and why.
Events are a file with an event as JSON on each line, as fileSink of @understudy/node/file writes them. What is written is one
HTML file of less than 150 kB that loads nothing.

Options:
  --status FILE       What the model says of itself: JSON.stringify(model.status()), or a list of those of several models.
                      Without it the summary is derived from the events
  --at TIME           When the status was taken, such as 2026-01-31T12:00:00Z (default: the time of the newest event)
  -o, --output FILE   Where it is written (default: standard output)
  --json              JSON instead of HTML
  --model NAME        Events and status of this model alone
  --time-zone NAME    In which times are shown, such as Europe/Berlin (default UTC)
  -h, --help          Show this help

A line that holds no event is left out and told: the exit code is then 1.
`;

/** So many bad lines are told one by one. */
const TOLD = 5;
/** So many names of models are kept for a message. */
const NAMED = 20;

export const report: Command = {
  summary: 'Makes a report of events and a status',
  help: HELP,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        output: { type: 'string', short: 'o' },
        json: { type: 'boolean', default: false },
        model: { type: 'string' },
        status: { type: 'string' },
        at: { type: 'string' },
        'time-zone': { type: 'string', default: 'UTC' },
      },
    });
    const [file, ...more] = positionals;
    if (more.length > 0 || (file === undefined && values.status === undefined))
      throw new UsageError(`Expected one file, got ${positionals.length}: understudy report <file>.`);
    const at = values.at === undefined ? undefined : Date.parse(values.at);
    if (Number.isNaN(at)) throw new UsageError(`Expected a time after --at, got ${JSON.stringify(values.at)}.`);
    const { model } = values;
    const statuses = values.status === undefined ? [] : await readStatus(values.status);
    const { builder, models, unreadable, told } = await readEvents(file, model);
    const known = [...models, ...statuses.map((status) => status.model)];
    if (model !== undefined && !known.includes(model) && models.size < NAMED)
      throw noSuchModel([file, values.status], model, known);
    const shown = statuses.filter((status) => model === undefined || status.model === model);
    const data = builder.data(shown, { unreadable, ...(at === undefined ? {} : { at }) });
    const text = values.json
      ? `${JSON.stringify(data, undefined, 2)}\n`
      : renderReportData(data, { timeZone: values['time-zone'] });
    await writeText(text, values.output);
    if (unreadable === 0) return 0;
    const others = unreadable > told.length ? `\n  and ${unreadable - told.length} more` : '';
    process.stderr.write(
      `${file}: ${unreadable === 1 ? '1 line holds' : `${unreadable} lines hold`} no event, left out:\n${told.join('\n')}${others}\n`,
    );
    return 1;
  },
};

interface Read {
  readonly builder: ReportBuilder;
  /** Names of models, the first so many. */
  readonly models: ReadonlySet<string>;
  readonly unreadable: number;
  /** The first bad lines, each with its number and what is wrong with it. */
  readonly told: readonly string[];
}

async function readEvents(file: string | undefined, model: string | undefined): Promise<Read> {
  const builder = reportBuilder();
  const told: string[] = [];
  const models = new Set<string>();
  let [number, unreadable] = [0, 0];
  if (file === undefined) return { builder, models, unreadable, told };
  const bar = progressBar('Reading');
  try {
    for await (const { lines, bytesRead, bytes } of readLines(file)) {
      for (const line of lines) {
        number++;
        if (line?.trim() === '') continue;
        const event = eventOf(line);
        if (typeof event === 'string') {
          unreadable++;
          if (told.length < TOLD) told.push(`  line ${number}: ${event}`);
          continue;
        }
        if (models.size < NAMED && event.model !== '') models.add(event.model);
        // What a sink lost may have been of any model.
        if (model === undefined || event.model === model || event.type === 'telemetry-dropped') builder.add(event);
      }
      bar.update(bytesRead, Math.max(1, bytes));
    }
  } finally {
    bar.clear();
  }
  return { builder, models, unreadable, told };
}

/** The event of a line, or what is wrong with it. */
function eventOf(line: string | null): ReturnType<typeof parseEvent> | string {
  if (line === null) return 'is too long for an event';
  try {
    return parseEvent(line);
  } catch (error) {
    if (!UnderstudyError.is(error)) throw error;
    const problems = error.message.split('\n').slice(1);
    return problems.map((problem) => problem.trim()).join('; ');
  }
}

function noSuchModel(files: readonly (string | undefined)[], model: string, known: readonly string[]): UnderstudyError {
  const path = files.filter((file) => file !== undefined).join(', ');
  const others = [...new Set(known)];
  return new UnderstudyError(
    'CONFIGURATION_INVALID',
    `${path}: has nothing of ${model}${didYouMean(model, others)}${others.length === 0 ? '' : `; it tells of ${others.join(', ')}`}.`,
    { details: { path, model } },
  );
}
