import type { ComponentChild } from 'preact';
import type { ModelView } from '../../../src/dashboard/wire.ts';
import type { Live } from '../server.ts';

export interface SectionProps {
  readonly view: ModelView;
  readonly live: Live;
}

/** A part of the page of one model. */
export interface Section {
  /** Of its address; `''` for the first. */
  readonly id: string;
  readonly title: string;
  /** A figure beside its title, where something waits. */
  readonly badge?: (view: ModelView) => string | undefined;
  readonly View: (props: SectionProps) => ComponentChild;
}
