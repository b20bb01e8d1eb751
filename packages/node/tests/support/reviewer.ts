/** A reviewer as a process of its own: takes cases and answers them until none waits; leaves some lying. argv: connection string, schema, name. */
import { createUnderstudy } from '@understudy/core';
import { reviewQueue } from '@understudy/core/review';
import { postgresReviews } from '../../src/reviews/postgres-reviews.ts';

const [connectionString = '', schema = '', name = ''] = process.argv.slice(2);
const queue = reviewQueue(createUnderstudy(), {
  name: 'claims',
  reviewers: 2,
  leaseMs: 500,
  pollMs: 50,
  escalation: [{ afterMs: 300 }],
  store: postgresReviews({ connectionString, schema }),
});
const me = { id: name, roles: ['reviewer'] };

for (;;) {
  const task = await queue.take(me);
  if (task === undefined) {
    const { waiting } = await queue.status();
    if (waiting === 0) break;
    await new Promise((done) => setTimeout(done, 20));
    continue;
  }
  const number = Number(task.decisionId.slice(1));
  // One in seven is left lying, until its time is over.
  if (Math.random() < 1 / 7) continue;
  const answer = number % 3 === 0 ? ({ output: { pay: false }, reason: 'no' } as const) : ({ agrees: true } as const);
  await queue.answer(task, answer, me).then(
    () => process.stdout.write(`${JSON.stringify({ case: task.decisionId, by: name })}\n`),
    // The time was over, and somebody else has it.
    () => undefined,
  );
}
await queue.close();
