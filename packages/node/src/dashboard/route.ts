const API = [
  ...(['status', 'live', 'series', 'decisions', 'decision', 'events', 'command'] as const),
  ...(['reviews', 'cases', 'case', 'review'] as const),
] as const;
export type ApiName = (typeof API)[number];

export type Route =
  | { readonly to: 'page' | 'healthz' | 'readyz' | 'nowhere' }
  | { readonly to: 'api'; readonly name: ApiName }
  | { readonly to: 'asset'; readonly path: string }
  /** The page's own address without its last stroke: what the page asks for is relative to it. */
  | { readonly to: 'stroke'; readonly location: string };

/**
 * What an address is of, by its end: so the dashboard works under any path without being told which. `/ops/` is the page,
 * `/ops/api/status` its status.
 */
export function routeOf(pathname: string): Route {
  const parts = pathname.split('/');
  const [folder, last = ''] = [parts.at(-2), parts.at(-1)];
  if (last === '') return { to: 'page' };
  if (last === 'healthz' || last === 'readyz') return { to: last };
  if (folder === 'api') {
    const name = API.find((one) => one === last);
    return name === undefined ? { to: 'nowhere' } : { to: 'api', name };
  }
  if (folder === 'assets') return { to: 'asset', path: `assets/${last}` };
  return last.includes('.') ? { to: 'nowhere' } : { to: 'stroke', location: `./${last}/` };
}
