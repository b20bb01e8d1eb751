import type { CircuitControl, CircuitMachine } from '../spec/index.ts';
import type { Clock } from '../time/index.ts';

/** The operator's side of a circuit: the machine with its clock. */
export function circuitControl(machine: CircuitMachine, clock: Clock): CircuitControl {
  return {
    get state() {
      return machine.state;
    },
    force: (state, reason) => machine.force(state, reason),
    release: (reason) => machine.release(reason),
    export: () => machine.export(clock.now()),
    hydrate: (document) => machine.hydrate(document, clock.now()),
  };
}
