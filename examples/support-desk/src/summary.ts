import type { VendorAccount } from './accounts.ts';
import type { CanaryResult } from './canary.ts';
import { count, tally, usd } from './numbers.ts';
import type { DeskRun } from './run-desk.ts';

/** What a desk did, in lines that need no explanation. */
export function deskSummary({ title, answered, events, met, accounts, leaks, status, seconds }: DeskRun): readonly string[] {
  const faults = Array.from(met, ([what, times]) => ({ what, times })).filter(({ what }) => !what.endsWith(' answered'));
  const served = answered.map(({ reply }) => (reply.servedBy === '' ? 'nobody' : reply.servedBy));
  const spent = events.reduce((sum, { usage }) => sum + (usage?.costMicroUsd ?? 0), 0);
  const { broken } = accounts;
  const budget = status.variants['openai']?.policies['budget'];
  return [
    `${title} (${seconds.toFixed(1)} s)`,
    `  asked     ${answered.length} tickets, every other one streamed`,
    `  served    ${tally(served)}`,
    `  faults    ${faults.map(({ what, times }) => `${times} ${what}`).join(', ')}`,
    `  readers   ${tally(answered.map(({ reply }) => reply.saw))}`,
    `  private   ${leaks === 0 ? 'no vendor was told a card, an account, an address or a number' : `${leaks} REQUESTS TOLD A VENDOR SOMETHING PERSONAL`}`,
    `  cost      ${usd(spent)} of a budget with ${usd(Number(budget?.['leftUsd'] ?? 0) * 1e6)} left`,
    ...accounts.vendors.map(accountLine),
    ...(broken.tickets === 0
      ? []
      : [
          `  broken    ${broken.tickets} tickets had an answer that broke or came twice: ${usd(broken.oursMicroUsd)} here, in part a guess, ${usd(broken.theirsMicroUsd)} billed`,
        ]),
  ];
}

function accountLine({ vendor, ours, theirs, different }: VendorAccount): string {
  const tokens = `${count(ours.input)} in (${count(ours.cacheRead)} read from a cache, ${count(ours.cacheWrite)} written), ${count(ours.output)} out`;
  const verdict =
    different.length === 0 ? 'the same tokens as its bills' : `OTHER TOKENS THAN ITS BILLS: ${different.join(', ')}`;
  return `  account   ${vendor}: ${tokens}; ${usd(ours.microUsd)} here, ${usd(theirs.microUsd)} billed; ${verdict}`;
}

export const canarySummary = ({ prompt, verdict, stages, calls, tried }: CanaryResult): readonly string[] => [
  `  "${prompt}" was ${verdict} after ${count(calls)} calls, ${count(tried)} of them with it`,
  ...stages.map((stage) => `    ${stage}`),
];
