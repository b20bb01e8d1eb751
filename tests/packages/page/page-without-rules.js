import { always, defineModel, timeout } from '@understudy/core';
import * as z from 'zod';

z.config({ jitless: true });

const triage = defineModel(
  { name: 'triage', input: z.object({ size: z.number() }), output: z.object({ label: z.enum(['low', 'high']) }) },
  {
    variants: { server: { version: '1', policies: [timeout({ ms: 500 })], predictor: () => new Promise(() => undefined) } },
    champion: 'server',
    fallback: [always({ label: 'low' })],
  },
);
const { output, servedBy } = await triage.predict({ size: 12 });
document.title = `${output.label} by ${servedBy.tier}`;
