/**
 * Ends a process that appends to a ledger by SIGKILL at random moments, 200 times by default, and says what was lost:
 * `node --conditions=@understudy/source packages/node/tests/ledger-crashes.ts [kills] [seed]`.
 */
import { crashRounds } from './support/crash-rounds.ts';

const [kills = '200', seed = '1'] = process.argv.slice(2);
const { lost, repeated, faults, ...rest } = await crashRounds(Number(kills), Number(seed));
console.log({ ...rest, lost: lost.length, repeated, faults });
process.exitCode = lost.length + repeated + faults.length === 0 ? 0 : 1;
