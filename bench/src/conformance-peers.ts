import {
  type ConformanceCase,
  conformanceCases,
  type ConformanceResult,
  type ConformanceSubject,
  runConformance,
} from '@understudy/core/testing';
import { cockatielSubject } from './conformance/cockatiel-subject.ts';
import { opossumSubject } from './conformance/opossum-subject.ts';
import { restoreWallClock, wait } from './conformance/real-time.ts';
import { understudySubject } from './conformance/understudy-subject.ts';
import type { Topic } from './topic.ts';

/** Long enough for timers that are a few milliseconds late to change nothing. */
const UNIT_MS = 30;
/** The longest case takes 840 units. */
const LIMIT_UNITS = 1000;
/** These keep the processor busy, or step the clock of the whole process: they run alone. */
const ALONE: ReadonlySet<number> = new Set([4, 13, 20]);
const SUBJECTS = [understudySubject, cockatielSubject, opossumSubject] as const;

/** One case, given up where it never ends. */
async function runCase(subject: ConformanceSubject, one: ConformanceCase): Promise<ConformanceResult> {
  const hung = wait(LIMIT_UNITS * subject.unitMs).then((): ConformanceResult => ({
    row: one.row,
    title: one.title,
    result: 'failed',
    message: 'it never settled a call',
  }));
  const [result] = await Promise.race([runConformance(subject, [one]), hung.then((result) => [result])]);
  return result ?? hung;
}

function cell({ result, message }: ConformanceResult): string {
  if (result === 'passed') return '✓';
  return result === 'not-applicable' ? 'n/a' : `✗ ${message ?? ''}`;
}

/** Runs the conformance suite through this library and its peers, all on real time. */
export const conformancePeers: Topic = {
  name: 'conformance',
  page: 'docs/conformance.md',
  async run({ progress }) {
    const stray = new Set<unknown>();
    const collect = (error: unknown): void => void stray.add(error);
    process.on('unhandledRejection', collect).on('uncaughtException', collect);
    const subjects = SUBJECTS.map((create) => create(UNIT_MS));
    const results = subjects.map((): ConformanceResult[] => []);
    let ended = 0;
    const run = async (one: ConformanceCase, index: number): Promise<void> => {
      const subject = subjects[index];
      if (subject !== undefined) results[index]?.push(await runCase(subject, one));
      progress(++ended / (conformanceCases.length * subjects.length));
    };
    for (const one of conformanceCases.filter(({ row }) => ALONE.has(row))) {
      for (const index of subjects.keys()) {
        await run(one, index);
        restoreWallClock();
      }
    }
    const together = conformanceCases.filter(({ row }) => !ALONE.has(row));
    await Promise.all(together.flatMap((one) => [...subjects.keys()].map((index) => run(one, index))));
    process.off('unhandledRejection', collect).off('uncaughtException', collect);

    const cellOf = (all: readonly ConformanceResult[], row: number): string => {
      const result = all.find((one) => one.row === row);
      return result === undefined ? '' : cell(result);
    };
    const rows = conformanceCases.map(({ row, title }) => [String(row), title].concat(results.map((all) => cellOf(all, row))));
    const strays = [...stray].map((error) => `“${error instanceof Error ? error.message : String(error)}”`).join(', ');
    const notes =
      stray.size === 0
        ? []
        : [`Errors that escaped as unhandled rejections or uncaught exceptions, which end a Node process: ${strays}.`];
    return [
      {
        title: 'The suite on real time',
        columns: ['row', 'what must hold', ...subjects.map(({ name }) => name)],
        rows,
        notes,
        verdicts: [],
      },
    ];
  },
};
