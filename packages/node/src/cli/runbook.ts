import { parseArgs } from 'node:util';
import { UnderstudyError } from '@understudy/core';
import { didYouMean } from '@understudy/core/authoring';
import { type Command, UsageError } from './command.ts';
import { readStatus } from './read-status.ts';
import { runbookPage } from './runbook-page.ts';
import { writeText } from '../text-file.ts';

const HELP = `Usage: understudy runbook <status> [options]

Writes a runbook in Markdown: what each monitor and gate of a model means, what has happened, what to look at, and the command
that undoes it. The status is what a model says of itself: JSON.stringify(model.status()), or a list of those of several models.

Options:
  -o, --output FILE   Where it is written (default: standard output)
  --model NAME        Of this model alone
  -h, --help          Show this help
`;

export const runbook: Command = {
  summary: 'Writes what to do about each monitor and gate of a model',
  help: HELP,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { output: { type: 'string', short: 'o' }, model: { type: 'string' } },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0)
      throw new UsageError(`Expected one file, got ${positionals.length}: understudy runbook <status>.`);
    const statuses = await readStatus(file);
    const shown = statuses.filter(({ model }) => values.model === undefined || model === values.model);
    if (shown.length === 0) {
      const known = statuses.map(({ model }) => model);
      throw new UnderstudyError(
        'CONFIGURATION_INVALID',
        `${file}: has nothing of ${values.model ?? 'any model'}${didYouMean(values.model ?? '', known)}.`,
        { details: { path: file } },
      );
    }
    await writeText(runbookPage(shown), values.output);
    return 0;
  },
};
