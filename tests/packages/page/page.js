import { always, circuitBreaker, createUnderstudy, retry, rules, timeout } from '@understudy/core';
import { offlineQueue } from '@understudy/browser/offline';
import * as z from 'zod';

// Without it zod tries to compile code, which the policy of this page forbids.
z.config({ jitless: true });

const understudy = createUnderstudy({ sinks: [offlineQueue({ url: '/events' })] });
const triage = understudy.defineModel(
  { name: 'triage', input: z.object({ size: z.number() }), output: z.object({ label: z.enum(['low', 'high']) }) },
  {
    variants: {
      server: {
        version: '1',
        policies: [timeout({ ms: 500 }), retry({ attempts: 2 }), circuitBreaker()],
        predictor: async (input, { signal }) => {
          const answer = await fetch('/predict', { method: 'POST', body: JSON.stringify(input), signal });
          if (!answer.ok) throw Object.assign(new Error('refused'), { status: answer.status });
          return answer.json();
        },
      },
    },
    champion: 'server',
    fallback: [
      rules({ name: 'by-size', version: '1', rows: [{ id: 'large', when: { size: { gte: 10 } }, then: { label: 'high' } }] }),
      always({ label: 'low' }),
    ],
  },
);
const { output, servedBy } = await triage.predict({ size: 12 });
await understudy.flush();
document.title = `${output.label} by ${servedBy.tier}`;
