/** A command of the CLI: one file each. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The text of `understudy <command> --help`. */
  readonly help: string;
  /** @returns the exit code: 0, or 1 where what was looked at is not good */
  run(args: readonly string[]): Promise<0 | 1>;
}

/** The command line cannot be understood: exit code 2, with the way to the help. */
export class UsageError extends Error {}
