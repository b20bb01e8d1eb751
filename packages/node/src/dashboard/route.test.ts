import { expect, it } from 'vitest';
import { routeOf } from './route.ts';

it.each([
  ['/', { to: 'page' }],
  ['/ops/', { to: 'page' }],
  ['/ops', { to: 'stroke', location: './ops/' }],
  ['/ops/api/status', { to: 'api', name: 'status' }],
  ['/a/b/api/live', { to: 'api', name: 'live' }],
  ['/ops/api/toString', { to: 'nowhere' }],
  ['/ops/api/', { to: 'page' }],
  ['/ops/assets/x.js', { to: 'asset', path: 'assets/x.js' }],
  ['/ops/assets/..', { to: 'asset', path: 'assets/..' }],
  ['/ops/healthz', { to: 'healthz' }],
  ['/readyz', { to: 'readyz' }],
  ['/favicon.ico', { to: 'nowhere' }],
])('%s', (path, route) => {
  expect(routeOf(path)).toEqual(route);
});
