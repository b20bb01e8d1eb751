/**
 * Browsers let the bodies of requests with `keepalive` and of beacons hold this many bytes at once, over all of a page:
 * https://fetch.spec.whatwg.org/#http-network-or-cache-fetch, step 8.9.
 */
export const KEEPALIVE_LIMIT = 65_536;

let used = 0;

/** What the requests of all our sinks in this page leave free of `limit` bytes. A beacon is not counted: the browser refuses one that is too much. */
export function freeKeepalive(limit: number): number {
  return limit - used;
}

/** Counts `bytes` as in flight until `request` has ended. */
export async function holdKeepalive<T>(bytes: number, request: () => Promise<T>): Promise<T> {
  used += bytes;
  try {
    return await request();
  } finally {
    used -= bytes;
  }
}
