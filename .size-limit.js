// Budgets in gzipped bytes of what a user's bundle grows by; peers (zod) are the user's own. A budget may rise only in a
// commit that says what the bytes buy.
export default [
  {
    // A team that wants resilience alone must not pay for more than the peers cost: cockatiel 4 is 5.6 kB, and opossum 10,
    // which only breaks circuits, is 4.6 kB.
    name: '@understudy/core/policies',
    path: 'packages/core/dist/policies.js',
    limit: '5.5 kB',
    gzip: true,
  },
  {
    // Everything that defineModel can do: the budget of a web page that serves one model in the browser.
    name: '@understudy/core',
    path: 'packages/core/dist/index.js',
    limit: '25 kB',
    gzip: true,
  },
];
