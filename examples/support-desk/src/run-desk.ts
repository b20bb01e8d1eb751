import { setTimeout as sleep } from 'node:timers/promises';
import { createUnderstudy, type DecisionEvent, type ModelStatus, type Understudy } from '@understudy/core';
import { type Accounts, accountsOf } from './accounts.ts';
import type { Desk, Reply } from './desk.ts';
import { PRICES } from './prices.ts';
import { startVendors, type Vendors } from './server/start-vendors.ts';
import type { VendorName } from './server/vendor.ts';
import { PERSONAL, type Ticket, tickets } from './tickets.ts';

/** What is wrong with the vendors, beside the faults that come to single requests, and for how many tickets. */
const PHASES: readonly { readonly tickets: number; readonly down: readonly VendorName[] }[] = [
  { tickets: 32, down: [] },
  { tickets: 10, down: ['openai'] },
  { tickets: 6, down: ['openai', 'anthropic'] },
  { tickets: 26, down: [] },
];
/** A customer writes every so many milliseconds, whether those before have their answers or not. */
const EVERY_MS = 30;
/** Between two phases, in milliseconds: an open circuit has the time to probe. */
const PAUSE_MS = 450;

export interface Answered {
  readonly ticket: Ticket;
  readonly reply: Reply;
}

export interface DeskRun {
  readonly title: string;
  readonly answered: readonly Answered[];
  readonly events: readonly DecisionEvent[];
  readonly met: Vendors['met'];
  readonly accounts: Accounts;
  /** Requests in which a vendor was told something personal. */
  readonly leaks: number;
  readonly status: ModelStatus;
  readonly seconds: number;
}

export type MakeDesk = (understudy: Understudy, vendors: Vendors) => Desk;

/** Answers all tickets, through an outage of one vendor and one of both. */
export async function runDesk(make: MakeDesk, seed: number, onEvent: (event: DecisionEvent) => void): Promise<DeskRun> {
  await using vendors = await startVendors(seed, PRICES);
  await using understudy = createUnderstudy({ prices: PRICES });
  const desk = make(understudy, vendors);
  const events: DecisionEvent[] = [];
  desk.on('decision', (event) => {
    events.push(event);
    onEvent(event);
  });
  const began = performance.now();
  const answered: Answered[] = [];
  const all = tickets(PHASES.reduce((sum, phase) => sum + phase.tickets, 0));
  for (const phase of PHASES) {
    vendors.down.clear();
    for (const vendor of phase.down) vendors.down.add(vendor);
    const answers: Promise<void>[] = [];
    for (const ticket of all.splice(0, phase.tickets)) {
      answers.push(desk.answer(ticket).then((reply) => void answered.push({ ticket, reply })));
      await sleep(EVERY_MS);
    }
    // The next phase begins when all of this one have their answers.
    await Promise.all(answers);
    if (all.length > 0) await sleep(PAUSE_MS);
  }
  return {
    title: desk.title,
    answered,
    events,
    met: vendors.met,
    accounts: accountsOf(answered, events, vendors.bills),
    leaks: vendors.asked.filter((body) => PERSONAL.some((secret) => body.includes(secret))).length,
    status: desk.status(),
    seconds: (performance.now() - began) / 1000,
  };
}
