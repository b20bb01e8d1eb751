import type { DecisionEvent } from '@understudy/core';
import type { Bill } from './server/ledger.ts';
import type { Answered } from './run-desk.ts';

/** Tokens by kind, and money. */
export interface Sum {
  readonly answers: number;
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly microUsd: number;
}

/** One vendor's answers to tickets of which each side has whole accounts: our decisions beside the vendor's own bills. */
export interface VendorAccount {
  readonly vendor: string;
  readonly ours: Sum;
  readonly theirs: Sum;
  /** Tickets whose tokens are not the same. */
  readonly different: readonly string[];
}

export interface Accounts {
  readonly vendors: readonly VendorAccount[];
  /** Tickets with an answer that broke off or came a second time: the vendor bills what it sent, and never tells us how much that was. */
  readonly broken: { readonly tickets: number; readonly oursMicroUsd: number; readonly theirsMicroUsd: number };
}

const NOTHING: Sum = { answers: 0, input: 0, cacheRead: 0, cacheWrite: 0, output: 0, microUsd: 0 };

function plus(a: Sum, b: Sum): Sum {
  return {
    answers: a.answers + b.answers,
    input: a.input + b.input,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    output: a.output + b.output,
    microUsd: a.microUsd + b.microUsd,
  };
}

const sumOf = (parts: readonly Sum[]): Sum => parts.reduce(plus, NOTHING);
const billed = ({ tokens, microUsd }: Bill): Sum => ({ answers: 1, ...tokens, microUsd });
const told = ({ usage }: DecisionEvent): Sum => ({
  answers: 1,
  input: usage?.inputTokens.total ?? 0,
  cacheRead: usage?.inputTokens.cacheRead ?? 0,
  cacheWrite: usage?.inputTokens.cacheWrite ?? 0,
  output: usage?.outputTokens.total ?? 0,
  microUsd: usage?.costMicroUsd ?? 0,
});
const sameTokens = (a: Sum, b: Sum): boolean =>
  (['input', 'cacheRead', 'cacheWrite', 'output'] as const).every((kind) => a[kind] === b[kind]);

export function accountsOf(answered: readonly Answered[], events: readonly DecisionEvent[], bills: readonly Bill[]): Accounts {
  const rows = answered.map(({ ticket, reply }) => {
    const event = events.find(({ id }) => id === reply.decisionId);
    const own = bills.filter((bill) => bill.ticket === ticket.id);
    // A vendor bills an answer that came too late, too, beside that of the second call.
    const isOne = own.length <= 1 && own.every(({ whole }) => whole);
    const isKnown = event !== undefined && event.usage?.estimated !== true && isOne;
    return { ticket, event, own, isKnown };
  });
  const known = rows.filter(({ isKnown, event }) => isKnown && event?.tier === 'model');
  const vendors = Array.from(new Set(bills.map(({ vendor }) => vendor)), (vendor): VendorAccount => {
    const served = known.flatMap(({ event, own, ticket }) =>
      event?.servedBy === vendor ? [{ ticket: ticket.id, ours: told(event), theirs: sumOf(own.map(billed)) }] : [],
    );
    return {
      vendor,
      ours: sumOf(served.map(({ ours }) => ours)),
      theirs: sumOf(served.map(({ theirs }) => theirs)),
      different: served.flatMap(({ ticket, ours, theirs }) => (sameTokens(ours, theirs) ? [] : [ticket])),
    };
  });
  const knownEvents = new Set(known.map(({ event }) => event));
  const others = rows.filter(({ isKnown }) => !isKnown);
  return {
    vendors,
    broken: {
      tickets: others.length,
      oursMicroUsd: sumOf(events.filter((event) => !knownEvents.has(event)).map(told)).microUsd,
      theirsMicroUsd: sumOf(others.flatMap(({ own }) => own.map(billed))).microUsd,
    },
  };
}
