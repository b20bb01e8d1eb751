#!/usr/bin/env node
import { runCli } from './cli/run-cli.ts';

/** The exit code of a program that SIGPIPE ends. */
const PIPE_CLOSED = 141;

process.stdout.on('error', (error) => {
  // The reader wants no more: `understudy ledger export … | head`.
  if ('code' in error && error.code === 'EPIPE') process.exit(PIPE_CLOSED);
  throw error;
});
process.exitCode = await runCli(process.argv.slice(2));
