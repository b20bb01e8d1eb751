/**
 * Loads sinks for a while, with a PostgreSQL and a NATS server of its own, and prints what they hold:
 * `node --expose-gc --conditions=@understudy/source packages/node/tests/sink-load.ts <seconds> <decisions a second> <seconds down>`
 * (60, 5,000 and 20 if you say nothing).
 */
import { load } from './support/load.ts';

const [seconds = 60, perSecond = 5000, downSeconds = 20] = process.argv.slice(2).map(Number);
console.log(JSON.stringify(await load({ seconds, perSecond, downSeconds, audit: 0.02 }), null, 2));
