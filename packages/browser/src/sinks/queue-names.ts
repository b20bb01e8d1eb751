import { UnderstudyError } from '@understudy/core';
import { addressOf } from './post-events.ts';

/** Queues of this page that are open: those of one name share a database, and so must share an address. */
const open = new Set<{ readonly name: string; readonly address: string }>();

/**
 * Holds the name of a queue; returns what frees it. One name may be held many times for one address: a module that is evaluated
 * anew makes its queue again.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` where the name is held for another address
 */
export function holdName(name: string, url: string): () => void {
  // A server that renders pages keeps nothing, and closes no queue.
  if (typeof indexedDB === 'undefined') return () => undefined;
  const address = new URL(url, globalThis.location.href).href;
  for (const other of open) {
    if (other.name !== name || other.address === address) continue;
    const path = 'offlineQueue.name';
    const message = `another queue of this page has the name ${JSON.stringify(name)} and posts to ${addressOf(other.address)}: give this one another name, or close the other`;
    throw new UnderstudyError('CONFIGURATION_INVALID', `${path}: ${message}.`, { details: { problems: [{ path, message }] } });
  }
  const mine = { name, address };
  open.add(mine);
  return () => void open.delete(mine);
}
