/** Tests of the example: one whole run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeskRun } from './run-desk.ts';
import { runExample } from './run-example.ts';
import { PERSONAL } from './tickets.ts';

let output = '';
const { desks, canaries } = await runExample(2, { write: (text) => (output += text) });

const SAW: Readonly<Record<string, readonly string[]>> = {
  'languageModel() of the AI SDK': ['broken', 'whole'],
  'official clients over guardedFetch()': ['began anew', 'broken', 'whole'],
  'adapters and model.stream()': ['broken', 'whole'],
};

const dollars = (microUsd: number): string => (microUsd / 1e6).toFixed(2);
const replies = ({ answered }: DeskRun) => answered.map(({ reply }) => reply);

for (const desk of desks) {
  const { title, answered, events, accounts, leaks, met, status } = desk;

  await test(`${title}: every ticket has its reply and one decision, through all faults`, () => {
    assert.equal(answered.length, 74);
    assert.equal(events.length, 74);
    assert.equal(status.calls.total, 74);
    for (const server of ['openai', 'anthropic', 'canned'])
      assert.ok(
        replies(desk).some(({ servedBy }) => servedBy === server),
        server,
      );
    for (const fault of ['overloaded', 'rate-limited', 'slow', 'cut'])
      assert.ok(
        ['openai', 'anthropic'].some((vendor) => met.has(`${vendor} ${fault}`)),
        fault,
      );
    const seen = new Set(replies(desk).map(({ saw }) => saw));
    assert.ok(
      Array.from(seen).every((saw) => SAW[title]?.includes(saw) === true),
      Array.from(seen).join(),
    );
    assert.ok(replies(desk).filter(({ saw }) => saw !== 'whole').length < 12);
  });

  await test(`${title}: tokens are those that each vendor has billed, cached ones too, and the money to the cent`, () => {
    assert.deepEqual(new Set(accounts.vendors.map(({ vendor }) => vendor)), new Set(['openai', 'anthropic']));
    for (const { vendor, ours, theirs, different } of accounts.vendors) {
      assert.ok(ours.answers >= 5, `${vendor}: ${ours.answers} answers`);
      assert.ok(ours.cacheRead > 0, vendor);
      assert.deepEqual(different, [], vendor);
      assert.equal(dollars(ours.microUsd), dollars(theirs.microUsd));
      // A cost is rounded up to a millionth of a dollar, call by call.
      assert.ok(ours.microUsd >= theirs.microUsd - 1e-6 && ours.microUsd < theirs.microUsd + ours.answers, vendor);
    }
    const known = accounts.vendors.reduce((sum, { ours }) => sum + ours.answers, 0);
    assert.ok(
      known + accounts.broken.tickets >= answered.length - replies(desk).filter(({ servedBy }) => servedBy === 'canned').length,
    );
    assert.equal(status.unpriced, undefined);
  });

  await test(`${title}: no vendor is told anything personal, and no reader either`, () => {
    assert.equal(leaks, 0);
    for (const { text } of replies(desk))
      assert.ok(![...PERSONAL, 'night.shift@desk.example'].some((secret) => text.includes(secret)), text);
    assert.ok(replies(desk).some(({ text }) => text.includes('[email]')));
  });
}

await test('a prompt that costs too much is rolled back, and one that costs the same is promoted', () => {
  const [dear, cheap] = canaries;
  assert.equal(dear?.verdict, 'rolled back');
  assert.ok(dear.tried < 100, `${dear.tried} calls`);
  assert.match(dear.stages.at(-1) ?? '', /spend: the challenger is worse/);
  assert.equal(cheap?.verdict, 'promoted');
});

await test('lines come once a second while it runs, and a summary at the end', () => {
  const live =
    output.match(/^ *\d+ s {2}.* tickets \(\d+ rescued\), [\d,]+ tokens \(\d+ % from a cache\), \$\d+\.\d{4}$/gm) ?? [];
  assert.ok(live.length >= 10, output);
  for (const { title } of desks) assert.ok(output.includes(`${title} (`), title);
  assert.equal(output.match(/the same tokens as its bills/g)?.length, 6, output);
});
