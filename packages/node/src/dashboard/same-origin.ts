/**
 * Whether a request that changes something was made by a page of this very origin: what `Sec-Fetch-Site` says where the browser sends
 * it, which no page can set; else whether `Origin` names the host that was asked. A request that says neither is refused: only
 * programs make those, and they can set `Origin`. This is the order of `CrossOriginProtection` of Go's net/http, less its exception for
 * programs.
 */
export function isSameOrigin(headers: Headers, url: URL): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  const origin = headers.get('origin');
  if (origin === null || origin === 'null') return false;
  try {
    // The scheme may differ: TLS ends before many servers.
    return new URL(origin).host === (headers.get('host') ?? url.host);
  } catch {
    return false;
  }
}
