// Budgets in gzipped bytes of what a user's bundle grows by; peers (zod) are the user's own. A budget may rise only in a
// commit that says what the bytes buy. The aims are 5.5 kB for /policies and 25 kB for the index: both are missed, and the
// budgets below are what is reached, so that nothing grows unseen. A figure here holds the chunks that are loaded later too;
// `node scripts/weigh.ts` tells what is loaded at once. Docs: docs/benchmarks.md. A clock that counts no sleep of a page is 0.2 to 0.5 kB
// of each figure of the core; events of registries and reviews, commands that two persons give, and addresses without their secrets in messages
// are 0.1 to 0.3 kB; replays that open a shadow stage, where cases for training are, and one list of what a store keeps of decisions 0.1 kB.
export default [
  {
    // cockatiel 4 is 5.6 kB, and opossum 10, which only breaks circuits, 4.6 kB. Over them the bytes buy: an adaptive limit, a
    // priority queue, calls in flight that count before they end, leases, a retry budget, Retry-After, classification by status,
    // code and type, options that are checked with their names, states that an operator forces, export and hydration. What is
    // left is logic: shorter names of everything internal would save 0.3 kB, closures for classes as much, messages are 0.5 kB.
    // From 9.4 to 14.7 kB: every option is read once, refused by name when it is unknown, with its remedy; values that throw
    // when they are looked at; late timers, and what every policy tells its listener; policies of a user that cannot be made, or
    // are none, and signals to which nobody can listen. To 31 kB: ten policies more for models that are paid for by the token (limits of
    // rates and tokens with leases of a fleet, budgets and prices, pools, hedges, batches, cooldowns, repairs); who names none loads none.
    // To 32.5 kB: waiting lines that are left, pools that pass on what a member turns away, batches that count by what became of them, images
    // in inputs, copies of prices, and what idle processes know of a fleet's spending. To 32.8 kB: what a batch, a hedge and a pool pass on of traces and requests to models, and limits
    // of a budget in its status.
    name: '@understudy/core/policies',
    path: 'packages/core/dist/policies.js',
    limit: '33.4 kB',
    gzip: true,
  },
  {
    // The aim is 6 kB. Two fifths are the executor with its timers, cancellation and classification, a fifth the circuit with its
    // window, probes and operator's commands, a sixth the reader of options; retry and compose() are the rest. From 13.1 to 15.3 kB: an
    // attempt that stays open for its stream, what it reports of tokens, and refusals with a code of their own. To 15.8 kB: refusals inside of
    // other errors, deadlines of streams that are left, circuits that know that a stream has begun, calls that leave a line. To 16.1 kB: when an attempt
    // that has told of its request began, had content and ended.
    name: '@understudy/core/policies: compose, timeout, retry, circuitBreaker',
    path: 'packages/core/dist/policies.js',
    import: '{ compose, timeout, retry, circuitBreaker }',
    limit: '16.6 kB',
    gzip: true,
  },
  {
    // Everything that the root exports at once, as nobody imports it; ky (9 kB) and the exchange are in this figure although they are
    // loaded with the first request of an HTTP adapter only. From 78 to 110 kB: streams, policies of generative models, comparators of texts,
    // and a guarded fetch that understands the streams of four protocols, loaded with the first stream. To 112.6 kB: the parts named above and below, and sinks that
    // gather for a time of their own. To 115.8 kB: the parts named below. To 116.9 kB: traces of guarded fetches, drills that
    // are undone whatever happens, partly taken batches, sinks that try for a time of their own, names of fields that are checked.
    name: '@understudy/core',
    path: 'packages/core/dist/index.js',
    limit: '118.6 kB',
    gzip: true,
  },
  {
    // Gates with their statistics, what runs rollouts and allocations, forecasts, and estimates from logged decisions.
    name: '@understudy/core/rollout',
    path: 'packages/core/dist/rollout.js',
    limit: '32.6 kB',
    gzip: true,
  },
  {
    // The log, its checks, variants that follow it, cards; MLflow's registry with ky and the exchange, 12 kB that are loaded when it is asked.
    name: '@understudy/core/registry',
    path: 'packages/core/dist/registry.js',
    limit: '27.6 kB',
    gzip: true,
  },
  {
    // Cases, their states, queue, sampler and the predictor, 9 kB; the rest is what runs monitors, which comes with the sampler. From 23.0 to
    // 24.0 kB: refusals that are told, cases that are passed on and given again, answers that are checked, fields for a form.
    name: '@understudy/core/review',
    path: 'packages/core/dist/review.js',
    limit: '24.2 kB',
    gzip: true,
  },
  {
    // The checklist is most of it.
    name: '@understudy/core/readiness',
    path: 'packages/core/dist/readiness.js',
    limit: '10.1 kB',
    gzip: true,
  },
  {
    name: '@understudy/core/value',
    path: 'packages/core/dist/value.js',
    limit: '5.1 kB',
    gzip: true,
  },
  {
    // A replay runs a variant as a model would: the runtime is most of it.
    name: '@understudy/core/replay',
    path: 'packages/core/dist/replay.js',
    limit: '70.6 kB',
    gzip: true,
  },
  {
    // One table and its reader.
    name: '@understudy/core/roles',
    path: 'packages/core/dist/roles.js',
    limit: '3 kB',
    gzip: true,
  },
  {
    // Twelve monitors with their statistics, monitor(), what runs them, profiles and explanations.
    name: '@understudy/core/monitors',
    path: 'packages/core/dist/monitors.js',
    limit: '56.2 kB',
    gzip: true,
  },
  {
    // What a page that serves one model pays: contract, one policy each, rules as the fallback. What runs rollouts, allocations and
    // monitors, and what learns for them from calls, comes with them; sinks, guards of a store and redaction with createUnderstudy;
    // ky with an HTTP adapter. 47 kB are loaded at once, the exchange of commands (5.5 kB) with the first one. The aim is 30 kB.
    // docs/benchmarks.md says which modules weigh what. From 49.9 to 55.4 kB: kinds of failure, usage and prices on decisions, attempts that stay
    // open, comparators that answer later, and the places where streams, guards and caches come in. To 56.5 kB: what compose() has above,
    // copies of what shadows and judges see, and options that nothing would read. To 59 kB: W3C trace context (its
    // strict reader is 0.8 kB), decisions that a sink keeps before they are handed out, masks of texts and pseudonyms, requests to models on events, which
    // rules fired, why a switch is set, switches of a newer control document. To 59.3 kB: events that no longer change, fields that are checked, requests that lose
    // against a hedge; with liveMetric also which cases prove a breach.
    name: '@understudy/core: defineModel, timeout, retry, circuitBreaker, rules, always',
    path: 'packages/core/dist/index.js',
    import: '{ defineModel, timeout, retry, circuitBreaker, rules, always }',
    limit: '60.1 kB',
    gzip: true,
  },
  {
    name: '@understudy/core: the same without rules',
    path: 'packages/core/dist/index.js',
    import: '{ defineModel, timeout, retry, circuitBreaker, always }',
    limit: '56 kB',
    gzip: true,
  },
  {
    // 0.1 kB more than when the root exported monitors too: two entries, and what checks monitors comes with them. 0.2 kB: counters
    // and steps of a monitor that are promised, odd or endless are told, and keep no other monitor from its work.
    name: '@understudy/core: the same with one monitor, liveMetric',
    path: ['packages/core/dist/index.js', 'packages/core/dist/monitors.js'],
    import: {
      'packages/core/dist/index.js': '{ defineModel, timeout, retry, circuitBreaker, rules, always }',
      'packages/core/dist/monitors.js': '{ liveMetric }',
    },
    limit: '76.9 kB',
    gzip: true,
  },
  {
    // A page of its own: charts, tables and styles, without a dependency. Lanes of the monitors' status and what people and KPIs
    // say over time are 2 kB of it, latency over time 0.5. From 22 to 24.5 kB: the reader of its options. To 25.6 kB: the charts of
    // distributions of drifting fields, live against reference, from a status that may be malformed.
    name: '@understudy/core/report',
    path: 'packages/core/dist/report.js',
    limit: '25.9 kB',
    gzip: true,
  },
  {
    // The handler of the dashboard with what it counts; the page's own files are in rows below, and are read when they are asked for. From 14.2
    // to 15.8 kB: what review queues are asked and told.
    name: '@understudy/node/dashboard',
    path: 'packages/node/dist/dashboard.js',
    limit: '16 kB',
    gzip: true,
    ignore: ['node:*'],
  },
  {
    // Beside the core, idb with it (1.3 kB). The budget of the design is 6 kB: a pause that all tabs make, no request while offline, and no
    // database before there is consent are 0.5 kB.
    name: '@understudy/browser/offline, beside the core',
    path: 'packages/browser/dist/offline.js',
    import: '{ offlineQueue }',
    ignore: ['@understudy/core', '@understudy/core/authoring'],
    limit: '6.3 kB',
    gzip: true,
  },
  {
    // Loads alone: nothing of the core comes with it. A quarter is its style. The budget of the design is 6 kB, the aim 4.
    name: '@understudy/browser/feedback',
    path: 'packages/browser/dist/feedback.js',
    limit: '6 kB',
    gzip: true,
  },
  {
    // What a production build has of the panel for developers: two functions that do nothing. It may never be more.
    name: '@understudy/browser/devtools, in production',
    path: 'packages/browser/dist/devtools-none.js',
    limit: '100 B',
    gzip: true,
  },
  {
    // The panel itself, in development alone; what injects faults is loaded with the first one, and is not in this figure. The aim is 20 kB;
    // beyond it is what keeps a page with a thousand models, or with decisions that are none, from spoiling it.
    name: '@understudy/browser/devtools, in development, beside the core',
    path: 'packages/browser/dist/devtools.js',
    ignore: ['@understudy/core', '@understudy/core/authoring', '@understudy/core/testing'],
    limit: '20.5 kB',
    gzip: true,
  },
  {
    // Beside the core. A third is what a server and a store may do wrong; a page without https loads a SHA-256 too (of @noble/hashes, 5 kB), which is not in this figure.
    name: '@understudy/browser/model-files, beside the core',
    path: 'packages/browser/dist/model-files.js',
    ignore: ['@understudy/core', '@understudy/core/authoring', '@understudy/core/adapters', '@noble/hashes/sha2.js'],
    limit: '6.2 kB',
    gzip: true,
  },
  {
    // The page's side, beside the core: 1 kB of it measures wasm and WebGPU. The runtime is the worker's.
    name: '@understudy/browser/onnx, beside the core',
    path: 'packages/browser/dist/onnx.js',
    import: '{ onnx }',
    ignore: ['@understudy/core', '@understudy/core/authoring', '@understudy/core/adapters', '@noble/hashes/sha2.js'],
    limit: '4.7 kB',
    gzip: true,
  },
  {
    // The page's side, beside the core. The library is the worker's.
    name: '@understudy/browser/transformers-js, beside the core',
    path: 'packages/browser/dist/transformers-js.js',
    import: '{ transformersJs }',
    ignore: ['@understudy/core', '@understudy/core/authoring', '@understudy/core/adapters'],
    limit: '2.8 kB',
    gzip: true,
  },
  {
    // What a browser loads before it shows anything, less 0.5 kB of HTML: Preact, uPlot (half of it) and all pages but reviews, of which 0.5 kB are
    // here. The promise is 150 kB.
    name: '@understudy/node/dashboard: the page',
    path: 'packages/node/dist/dashboard/assets/index-*',
    limit: '55 kB',
    gzip: true,
    disablePlugins: ['@size-limit/esbuild'],
  },
  {
    // What is loaded besides by who opens the page of reviews.
    name: '@understudy/node/dashboard: the page of reviews',
    path: 'packages/node/dist/dashboard/assets/reviews-*',
    limit: '10.5 kB',
    gzip: true,
    disablePlugins: ['@size-limit/esbuild'],
  },
  {
    // The aim is 34 kB. Of what is loaded at once 37 kB are defineModel, 5.5 kB the circuit, the retry and their reader of options, 4 kB what is of
    // the AI SDK; the rest of this figure are chunks that are loaded later. docs/benchmarks-generative.md says more. From 57.5 to 60.7 kB: the same,
    // comparators of texts, JSON that is checked and mended, tiers that answer no text, and models that are none told by their path. To 63.4 kB: the same as above.
    name: '@understudy/core/ai-sdk: languageModel, retry, circuitBreaker',
    path: ['packages/core/dist/ai-sdk.js', 'packages/core/dist/index.js'],
    import: {
      'packages/core/dist/ai-sdk.js': '{ languageModel }',
      'packages/core/dist/index.js': '{ retry, circuitBreaker }',
    },
    limit: '64.4 kB',
    gzip: true,
    ignore: ['@ai-sdk/provider'],
  },
  {
    // Loads alone; ky and the parser of events come with the first request. From 25.2 to 25.8 kB: answers without content, texts of a last event,
    // estimated tokens, JSON in fences. To 26.3 kB: who was asked for which model and where, and headers of traces.
    name: '@understudy/core/adapters: openaiChat',
    path: 'packages/core/dist/adapters.js',
    import: '{ openaiChat }',
    limit: '27 kB',
    gzip: true,
  },
];
