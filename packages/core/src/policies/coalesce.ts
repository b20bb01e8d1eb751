import { readOptions } from '../errors/index.ts';
import type { SlotPolicy } from '../types/index.ts';
import { Flights } from './flights.ts';
import { makeReuse } from './reuse.ts';

/**
 * Makes one call of equal calls that come at the same time: those of one variant, version, tenant and input. Who leaves does not stop the others;
 * when all have left, the call is aborted. Each has a deadline, a decision and an id of its own. They share a failure too, then each goes on to
 * its own next tier. The one that came first bears the usage. Each gets a copy of the output; functions and objects of a class, of which there is no
 * true copy, all get as they are. Streams, and variants with `effects: 'once'`, are called one by one.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function coalesce(options: Readonly<Record<string, never>> = {}): SlotPolicy<'coalesce'> {
  readOptions('coalesce', options, {}, {});
  return { kind: 'coalesce', slot: () => Object.assign(new Flights(), { '~reuse': makeReuse }) };
}
