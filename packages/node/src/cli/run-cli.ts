import { readFile } from 'node:fs/promises';
import { UnderstudyError } from '@understudy/core';
import { didYouMean } from '@understudy/core/authoring';
import { type Command, UsageError } from './command.ts';
import { card } from './card.ts';
import { drill } from './drill.ts';
import { exportTraining } from './export-training.ts';
import { ledger } from './ledger.ts';
import { plan } from './plan.ts';
import { profile } from './profile.ts';
import { readiness } from './readiness.ts';
import { replay } from './replay.ts';
import { report } from './report.ts';
import { runbook } from './runbook.ts';
import { value } from './value.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  card,
  drill,
  'export-training': exportTraining,
  ledger,
  plan,
  profile,
  readiness,
  replay,
  report,
  runbook,
  value,
};

const HELP = `Usage: understudy <command> [options]

Commands:
${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(17)}${summary}`)
  .join('\n')}

Options:
  -h, --help   Show this help, or that of a command
  --version    Show the version

Exit codes: 0 done, 1 the input is wrong or the answer is bad, 2 the command line is wrong.
`;

/**
 * Runs one command line.
 *
 * @returns the exit code
 */
export async function runCli(args: readonly string[]): Promise<0 | 1 | 2> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${await packageVersion()}\n`);
    return 0;
  }
  try {
    if (name === undefined) throw new UsageError('Expected a command.');
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) throw new UsageError(`There is no command ${name}${didYouMean(name, Object.keys(COMMANDS))}.`);
    if (rest.includes('--help') || rest.includes('-h')) {
      process.stdout.write(command.help);
      return 0;
    }
    return await command.run(rest);
  } catch (error) {
    const known = name !== undefined && Object.hasOwn(COMMANDS, name);
    if (isUsageError(error)) {
      process.stderr.write(`${error.message}\nSee ${known ? `understudy ${name}` : 'understudy'} --help.\n`);
      return 2;
    }
    if (!UnderstudyError.is(error)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return 1;
  }
}

/** The manifest of the package that this file is in: built, it stands one folder higher. */
async function packageVersion(): Promise<string> {
  for (let folder = new URL('./', import.meta.url); folder.pathname !== '/'; folder = new URL('../', folder)) {
    const text = await readFile(new URL('package.json', folder), 'utf8').catch(() => '{}');
    const { name, version } = JSON.parse(text) as { readonly name?: string; readonly version?: string };
    if (name === '@understudy/node' && version !== undefined) return version;
  }
  return 'unknown';
}

/** Ours, and those of parseArgs. */
function isUsageError(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS');
}
