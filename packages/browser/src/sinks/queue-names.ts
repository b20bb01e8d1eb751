/** Queues of this page that are open: those of one name share a database, and so must share an address. */
const open = new Set<{ readonly name: string; readonly address: string }>();

const absolute = (url: string | URL): string => new URL(url, globalThis.location.href).href;

/** Another address to which an open queue of this name posts. */
export function otherAddress(name: string, url: string | URL): string | undefined {
  // A server that renders pages keeps nothing, and closes no queue.
  if (typeof indexedDB === 'undefined') return undefined;
  return [...open].find((held) => held.name === name && held.address !== absolute(url))?.address;
}

/** Holds the name of a queue; returns what frees it. One address may hold a name twice: a module that is evaluated anew makes its queue again. */
export function holdName(name: string, url: string): () => void {
  if (typeof indexedDB === 'undefined') return () => undefined;
  const mine = { name, address: absolute(url) };
  open.add(mine);
  return () => void open.delete(mine);
}
