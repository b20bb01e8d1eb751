import { parseArgs } from 'node:util';
import { UnderstudyError } from '@understudy/core';
import { drill as runDrill, type DrillReport } from '@understudy/core/testing';
import { didYouMean } from '@understudy/core/authoring';
import { type Command, UsageError } from './command.ts';
import { importModule } from './import-module.ts';

const HELP = `Usage: understudy drill <module> --model NAME --share N --by ID --reason TEXT [options]

Rehearses an outage on a live model: gives a share of its calls faults, and reports what served them, what the circuit did, how
soon the variant served again, and whether a roll-back works on a copy. It is authorised and audited as a command, and ends by
itself; at once when a call is served by nothing, or when failures come that it did not cause.

A model lives in a process. This one imports your module, which exports the runtime as "understudy" (or as default): what the
module serves, or its function "traffic(signal)" does, are the calls. To rehearse in a process that runs already, call drill()
of @understudy/core/testing there.

Options:
  --model NAME        The model
  --share N           At most this share of its calls gets a fault, over 0, at most 1
  --by ID             Who rehearses
  --role NAME         A role of that operator; may be given several times
  --reason TEXT       Why: it goes into the audit trail
  --for SECONDS       How long faults are injected (default 60)
  --variant NAME      Whose calls get them (default: the champion)
  --status CODE       The status that they fail with (default 503)
  -h, --help          Show this help

Exit codes: 0 rescued and recovered, 1 no call got a fault, a call was served by nothing, failures came, or it did not recover or roll back.
`;

export const drill: Command = {
  summary: 'Rehearses fallback and roll-back on a live model',
  help: HELP,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        model: { type: 'string' },
        share: { type: 'string' },
        by: { type: 'string' },
        role: { type: 'string', multiple: true, default: [] },
        reason: { type: 'string' },
        for: { type: 'string', default: '60' },
        variant: { type: 'string' },
        status: { type: 'string', default: '503' },
      },
    });
    const [path, ...more] = positionals;
    const { model: name, share, by, reason, variant } = values;
    if (path === undefined || more.length > 0)
      throw new UsageError(`Expected one module, got ${positionals.length}: understudy drill <module>.`);
    if (name === undefined || share === undefined || by === undefined || reason === undefined)
      throw new UsageError('Expected --model, --share, --by and --reason: a drill is never without them.');
    const [part, seconds, status] = [Number(share), Number(values.for), Number(values.status)];
    if (!(part > 0 && part <= 1)) throw new UsageError(`Expected a share over 0, at most 1, after --share, got ${share}.`);
    if (!(seconds > 0 && seconds < Infinity)) throw new UsageError(`Expected seconds over 0 after --for, got ${values.for}.`);
    if (!Number.isInteger(status)) throw new UsageError(`Expected a status after --status, got ${values.status}.`);
    const { models, traffic, close } = await load(path);
    const model = models.get(name);
    if (model === undefined)
      throw new UnderstudyError(
        'CONFIGURATION_INVALID',
        `${path}: defines no model ${name}${didYouMean(name, [...models.keys()])}.`,
      );
    const stop = new AbortController();
    const interrupted = (): void => stop.abort();
    process.once('SIGINT', interrupted);
    const driving = traffic(stop.signal);
    try {
      const report = await runDrill(model, {
        share: part,
        by: { id: by, roles: values.role },
        reason,
        forMs: seconds * 1000,
        faults: [{ kind: 'status', status }],
        signal: stop.signal,
        ...(variant === undefined ? {} : { variant }),
      });
      process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
      if (report.faulted === 0) process.stderr.write(`${unrehearsed(report)}\n`);
      return isGood(report) ? 0 : 1;
    } finally {
      process.off('SIGINT', interrupted);
      stop.abort();
      await driving;
      await close();
    }
  },
};

const isGood = ({ endedBy, faulted, servedBy, recoveryMs, rollBack }: DrillReport): boolean =>
  (endedBy === 'time' || endedBy === 'stopped') &&
  faulted > 0 &&
  servedBy['none'] === undefined &&
  recoveryMs !== null &&
  rollBack?.works !== false;

/** A drill that met no call proves nothing. */
const unrehearsed = ({ variant, calls }: DrillReport): string =>
  calls === 0
    ? `Nothing was rehearsed: ${variant} got no call. Is the model paused, pinned elsewhere, or without traffic, or the variant isolated?`
    : `Nothing was rehearsed: of ${calls} calls the share allows no fault. Give it more time, or a larger share.`;

interface Loaded {
  readonly models: ReadonlyMap<string, { readonly name: string }>;
  /** Ends when its signal aborts; what it throws is told, and ends nothing. */
  readonly traffic: (signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

async function load(path: string): Promise<Loaded> {
  const loaded = await importModule(path);
  const understudy = Object(loaded['understudy'] ?? loaded['default']) as {
    readonly models?: unknown;
    readonly close?: () => Promise<void>;
  };
  const { models } = understudy;
  if (!(models instanceof Map))
    throw new UnderstudyError(
      'CONFIGURATION_INVALID',
      `${path}: expected it to export the runtime: export const understudy = createUnderstudy(…).`,
    );
  const { traffic } = loaded;
  return {
    models: models as Loaded['models'],
    traffic: async (signal) => {
      if (typeof traffic !== 'function') return;
      try {
        await traffic(signal);
      } catch (error) {
        process.stderr.write(`traffic() failed: ${error instanceof Error ? error.message : 'no Error was thrown'}\n`);
      }
    },
    close: async () => understudy.close?.(),
  };
}
