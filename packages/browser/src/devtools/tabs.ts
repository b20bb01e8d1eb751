/** The tabs of the panel, in order. */
export const TABS = [
  { id: 'models', title: 'Models' },
  { id: 'decisions', title: 'Decisions' },
  { id: 'circuits', title: 'Circuits' },
  { id: 'rollouts', title: 'Rollouts' },
  { id: 'faults', title: 'Faults' },
  { id: 'events', title: 'Events' },
] as const;

export type Tab = (typeof TABS)[number]['id'];
