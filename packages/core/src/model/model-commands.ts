import type { ModelControl } from '../control/model-control.ts';
import { circuitControl } from '../policies/circuit-control.ts';
import type { Command, ControlNote } from '../types/index.ts';
import type { Clock } from '../time/index.ts';
import type { VariantRouter } from './variant-router.ts';
import type { ModelCommands } from './model-api.ts';

/** The commands of a model, over its control document; circuits belong to this process alone. */
export function modelCommands(control: ModelControl, router: VariantRouter, clock: Clock): ModelCommands<string> {
  const give = (kind: Command['kind'], variant: string | undefined, note: ControlNote): Promise<void> =>
    control.command(kind, variant, note);
  return {
    pin: (variant, note) => give('pin', variant, note),
    unpin: (note) => give('unpin', undefined, note),
    isolate: (variant, note) => give('isolate', variant, note),
    readmit: (variant, note) => give('readmit', variant, note),
    pause: (note) => give('pause', undefined, note),
    resume: async (note) => {
      await give('resume', undefined, note);
      router.liftThrottles();
    },
    replace: (document, note) => control.command('replace', undefined, note, document),
    rollout: {
      approve: (note) => give('rollout-approve', undefined, note),
      hold: (note) => give('rollout-hold', undefined, note),
      resume: (note) => give('rollout-resume', undefined, note),
      rollBack: (note) => give('rollout-roll-back', undefined, note),
      promote: (note) => give('rollout-promote', undefined, note),
    },
    circuit: (name) => {
      const { circuit, executor } = router.variant(name);
      return circuit === undefined ? undefined : circuitControl(circuit, clock, executor.liftThrottle);
    },
  };
}
