import { explainer } from '@understudy/core/monitors';
import { serveExplainer } from './worker-explainer.ts';

interface Case {
  readonly a: number;
  readonly b: number;
}

serveExplainer(
  explainer<Case, number>({
    predict: ({ a, b }) => {
      if (a === 13) throw new Error('no prediction for 13');
      if (a === 666) process.exit(3);
      return 2 * a + b;
    },
    of: Number,
    background: [{ a: 0, b: 0 }],
  }),
);
