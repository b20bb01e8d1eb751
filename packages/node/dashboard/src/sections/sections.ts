import { Audit } from './audit.tsx';
import { Decisions } from './decisions.tsx';
import { Monitors } from './monitors.tsx';
import { Outcomes } from './outcomes.tsx';
import { Rollout } from './rollout.tsx';
import type { Section } from './section.ts';
import { Spend } from './spend.tsx';
import { Traffic } from './traffic.tsx';

/** The parts of a model's page, in order: another one is another row here. */
export const SECTIONS: readonly Section[] = [
  { id: '', title: 'Traffic', View: Traffic },
  {
    id: 'rollout',
    title: 'Rollout',
    badge: ({ status: { rollout } }) => (rollout?.approval === 'awaited' ? 'approve' : undefined),
    View: Rollout,
  },
  {
    id: 'monitors',
    title: 'Monitors',
    badge: ({ status: { monitors } }) => {
      const breaches = (monitors?.reports ?? []).filter(({ status }) => status === 'breach').length;
      return breaches === 0 ? undefined : String(breaches);
    },
    View: Monitors,
  },
  { id: 'decisions', title: 'Decisions', View: Decisions },
  { id: 'spend', title: 'Spend', View: Spend },
  { id: 'outcomes', title: 'Outcomes', View: Outcomes },
  { id: 'audit', title: 'Audit', View: Audit },
];
