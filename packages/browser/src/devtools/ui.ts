import type { DecisionEvent } from '@understudy/core';
import type { FaultChoice } from './faults.ts';
import type { Level } from './happening.ts';
import type { Wanted } from './recorder.ts';
import type { Tab } from './tabs.ts';

/** What a person has made of the panel. */
export interface Ui {
  readonly open: boolean;
  readonly tab: Tab;
  /** Of the panel, in CSS pixels. */
  readonly height: number;
  /** The model whose variants are shown. */
  readonly model: string | undefined;
  readonly wanted: Wanted;
  /** How many rows a list has at most. */
  readonly rows: number;
  /** Decisions do not move while a person asked for it, points at them, has the focus among them, or has opened one. */
  readonly paused: boolean;
  readonly pointed: boolean;
  readonly focused: boolean;
  readonly opened: DecisionEvent | undefined;
  /** The list as it was when it was stopped, and how many decisions had come. */
  readonly held: { readonly decisions: readonly DecisionEvent[]; readonly decided: number } | undefined;
  readonly choice: FaultChoice;
  /** What came of the last command. */
  readonly notice: { readonly level: Level; readonly text: string } | undefined;
}

export const ROWS = 50;

export const FIRST_UI: Ui = {
  open: false,
  tab: 'models',
  height: 340,
  model: undefined,
  wanted: { model: '', variant: '', troubled: false },
  rows: ROWS,
  paused: false,
  pointed: false,
  focused: false,
  opened: undefined,
  held: undefined,
  choice: { model: '', variant: '', fault: 'unavailable', share: 1, forMs: 60_000 },
  notice: undefined,
};

/** Whether the list of decisions stands still. */
export const isHeld = ({ paused, pointed, focused, opened }: Ui): boolean => paused || pointed || focused || opened !== undefined;
